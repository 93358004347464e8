package io.maru.model.cluster;

import java.util.Arrays;

/**
 * What all processes of a cluster do next.
 *
 * @param step optimiser steps taken so far
 * @param lossLimit above which a step is not taken
 * @param inputs token ids, row after row (B * T); empty but for STEP and VALIDATE
 * @param targets the token after each of them
 */
@SuppressWarnings("ArrayRecordComponent") // Followed at once, never compared.
public record Command(Kind kind, long step, float learningRate, float lossLimit, int[] inputs, int[] targets) {
    /** Of words before the tokens. */
    private static final int HEAD = 5;

    private static final int[] NO_TOKENS = {};

    public enum Kind {
        STEP,
        VALIDATE,
        /** For the next order. */
        WAIT,
        END
    }

    public static Command of(Kind kind) {
        return new Command(kind, 0, 0, 0, NO_TOKENS, NO_TOKENS);
    }

    static int words(int tokens) {
        return Math.addExact(HEAD, Math.multiplyExact(2, tokens));
    }

    /** @param tokens of a batch */
    int[] toWords(int tokens) {
        int[] words = new int[words(tokens)];
        words[0] = kind.ordinal();
        words[1] = (int) (step >>> Integer.SIZE);
        words[2] = (int) step;
        words[3] = Float.floatToRawIntBits(learningRate);
        words[4] = Float.floatToRawIntBits(lossLimit);
        System.arraycopy(inputs, 0, words, HEAD, inputs.length);
        System.arraycopy(targets, 0, words, HEAD + tokens, targets.length);
        return words;
    }

    static Command ofWords(int[] words) {
        int tokens = (words.length - HEAD) / 2;
        return new Command(
                Kind.values()[words[0]],
                (long) words[1] << Integer.SIZE | Integer.toUnsignedLong(words[2]),
                Float.intBitsToFloat(words[3]),
                Float.intBitsToFloat(words[4]),
                Arrays.copyOfRange(words, HEAD, HEAD + tokens),
                Arrays.copyOfRange(words, HEAD + tokens, words.length));
    }
}
