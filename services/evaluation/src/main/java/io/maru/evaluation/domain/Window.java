package io.maru.evaluation.domain;

import java.util.BitSet;

/** Tokens that a model scores at once, and which of them count. */
public final class Window {
    private final int[] tokens;
    private final BitSet scored;

    /**
     * @param tokens T + 1 of them, the first of them context only
     * @param scored the places of those that count; 0 is none of them
     */
    Window(int[] tokens, BitSet scored) {
        this.tokens = tokens;
        this.scored = scored;
    }

    public int[] tokens() {
        return tokens;
    }

    /** How many tokens it has, with the first. */
    public int length() {
        return tokens.length;
    }

    /** Whether the token at {@code place} is text that the dataset learns from. */
    boolean isScored(int place) {
        return scored.get(place);
    }
}
