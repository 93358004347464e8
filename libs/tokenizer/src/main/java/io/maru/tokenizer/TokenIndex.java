package io.maru.tokenizer;

import java.util.Arrays;

/** Finds a token's id by its bytes. */
final class TokenIndex {
    static final int NONE = -1;

    private final byte[][] tokens;
    private final int[] slots;

    /** @param tokens by id; null where there is none */
    TokenIndex(byte[][] tokens) {
        this.tokens = tokens;
        slots = new int[Integer.highestOneBit(Math.max(1, tokens.length)) << 2];
        Arrays.fill(slots, NONE);
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] != null) {
                slots[slot(tokens[id], 0, tokens[id].length)] = id;
            }
        }
    }

    int find(byte[] text, int start, int end) {
        return slots[slot(text, start, end)];
    }

    private int slot(byte[] text, int start, int end) {
        int hash = end - start;
        for (int i = start; i < end; i++) {
            hash = hash * 31 + text[i];
        }
        int slot = (hash * 0x9E3779B9 >>> 8) & (slots.length - 1);
        while (slots[slot] != NONE
                && !Arrays.equals(tokens[slots[slot]], 0, tokens[slots[slot]].length, text, start, end)) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }
}
