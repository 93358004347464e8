package io.maru.model.decoding;

import io.maru.model.random.SplitMix64;
import java.util.Arrays;

/**
 * Chooses tokens by the model's logits. One sampler makes one text: its random numbers go on from token to token.
 *
 * <p>Not safe for use by several threads.
 */
public final class Sampler {
    private final SamplingOptions options;
    private final SplitMix64 random;

    public Sampler(SamplingOptions options) {
        this.options = options;
        this.random = new SplitMix64(options.seed());
    }

    /**
     * Chooses one token.
     *
     * @param logits scores of all tokens (V); they are not changed
     * @return the id of the next token; of equally likely tokens the lower ids come first
     * @throws IllegalArgumentException if there are none, or one is NaN or plus infinity
     */
    public int next(float[] logits) {
        requireNumbers(logits);
        if (options.temperature() == 0 || options.topK() == 1) {
            return likeliest(logits);
        }
        boolean all = options.topP() == 1 && (options.topK() == 0 || options.topK() >= logits.length);
        int[] candidates = all ? ids(logits.length) : byLikelihood(logits);
        int count = options.topK() == 0 ? candidates.length : Math.min(options.topK(), candidates.length);
        double[] weights = weights(logits, candidates, count);
        return candidates[drawn(weights, nucleus(weights))];
    }

    private static int likeliest(float[] logits) {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            if (logits[id] > logits[best]) {
                best = id;
            }
        }
        return best;
    }

    private static int[] ids(int count) {
        int[] ids = new int[count];
        Arrays.setAll(ids, id -> id);
        return ids;
    }

    /** Ids, the likeliest first. */
    private static int[] byLikelihood(float[] logits) {
        // Sorted as primitives, each logit in the high bits and its id in the low: no object per token of the
        // vocabulary.
        long[] keys = new long[logits.length];
        for (int id = 0; id < logits.length; id++) {
            keys[id] = (long) descending(logits[id]) << Integer.SIZE | id;
        }
        Arrays.sort(keys);
        int[] ids = new int[logits.length];
        Arrays.setAll(ids, rank -> (int) keys[rank]);
        return ids;
    }

    /** An integer that is smaller for a larger number. */
    private static int descending(float number) {
        // Adding zero makes -0 and +0 the same. The bits of a float ascend with it if positive, and descend if
        // negative.
        int bits = Float.floatToIntBits(number + 0f);
        return ~(bits >= 0 ? bits : bits ^ Integer.MAX_VALUE);
    }

    /** Probabilities of the first candidates, up to a common factor. */
    private double[] weights(float[] logits, int[] candidates, int count) {
        double max = Double.NEGATIVE_INFINITY;
        for (int rank = 0; rank < count; rank++) {
            max = Math.max(max, logits[candidates[rank]]);
        }
        double[] weights = new double[count];
        for (int rank = 0; rank < count; rank++) {
            // Less the maximum: the exponential then overflows for none, and is 1 for one.
            weights[rank] = StrictMath.exp((logits[candidates[rank]] - max) / options.temperature());
        }
        return weights;
    }

    /** How many of the first candidates have {@code topP} of the probability. */
    private int nucleus(double[] weights) {
        if (options.topP() == 1) {
            return weights.length;
        }
        double wanted = options.topP() * Arrays.stream(weights).sum();
        double sum = 0;
        int count = 0;
        while (count < weights.length && sum < wanted) {
            sum += weights[count++];
        }
        return count;
    }

    private int drawn(double[] weights, int count) {
        double sum = 0;
        for (int rank = 0; rank < count; rank++) {
            sum += weights[rank];
        }
        double left = random.nextDouble() * sum;
        int last = 0;
        for (int rank = 0; rank < count; rank++) {
            if (weights[rank] > 0) {
                last = rank;
                left -= weights[rank];
                if (left < 0) {
                    return rank;
                }
            }
        }
        // Rounding may leave a little over: it belongs to the last token that can be drawn.
        return last;
    }

    private static void requireNumbers(float[] logits) {
        boolean possible = false;
        for (int id = 0; id < logits.length; id++) {
            if (Float.isNaN(logits[id]) || logits[id] == Float.POSITIVE_INFINITY) {
                throw new IllegalArgumentException("logits[" + id + "]: " + logits[id] + " (expected: a number)");
            }
            possible |= logits[id] > Float.NEGATIVE_INFINITY;
        }
        if (!possible) {
            throw new IllegalArgumentException("logits: " + logits.length + ", none possible (expected: one at least)");
        }
    }
}
