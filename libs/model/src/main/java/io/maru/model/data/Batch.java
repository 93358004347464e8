package io.maru.model.data;

import java.util.Arrays;
import java.util.Optional;

/**
 * What one training step sees: B rows of T tokens, and what comes after each of them.
 *
 * <pre>
 *   a row of two texts, "a b c" and "d e", each with its end e
 *
 *   ids         a b c e d
 *   targets     b c e d e
 *   weights     1 1 1 0 1     0: nothing is learnt from this target. Here a text would predict the next one's start.
 *   segments    0 0 0 0 1     a token attends to none but those of its own segment
 *   positions   0 1 2 3 0     counted from the start of each text
 * </pre>
 *
 * The loss is the weighted sum over the whole batch divided by {@link #totalWeight}, however the batch is cut up over parts,
 * devices and processes. A batch may be read into the arrays of the one before: it is valid until then.
 *
 * @param ids token ids, row after row (B * T)
 * @param targets the token after each of them (B * T)
 * @param weights how much each target counts, at least 0 (B * T); absent: 1 each
 * @param packing which tokens are of one text; absent: each row is one text
 */
@SuppressWarnings("ArrayRecordComponent") // Read by the trainer at once, never compared.
public record Batch(int[] ids, int[] targets, Optional<float[]> weights, Optional<Packing> packing) {
    /**
     * Several texts in one row.
     *
     * @param segments equal for the tokens of one text, and at least 0; compared within a row only (B * T)
     * @param positions of each token in its text, from 0 (B * T)
     */
    public record Packing(int[] segments, int[] positions) {}

    public Batch {
        require("targets", targets.length, ids.length);
        weights.ifPresent(plane -> {
            require("weights", plane.length, ids.length);
            for (int i = 0; i < plane.length; i++) {
                if (!(plane[i] >= 0 && plane[i] < Float.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException("weights[" + i + "]: " + plane[i] + " (expected: >= 0, finite)");
                }
            }
        });
        packing.ifPresent(texts -> {
            require("segments", texts.segments().length, ids.length);
            require("positions", texts.positions().length, ids.length);
        });
    }

    /** Makes a plain batch: every target counts alike, and each row is one text. */
    public static Batch of(int[] ids, int[] targets) {
        return new Batch(ids, targets, Optional.empty(), Optional.empty());
    }

    /** Makes a batch whose targets count by their weights. Each row is one text. */
    public static Batch weighted(int[] ids, int[] targets, float[] weights) {
        return new Batch(ids, targets, Optional.of(weights), Optional.empty());
    }

    /** Makes a batch of rows that hold several texts each. */
    public static Batch packed(int[] ids, int[] targets, float[] weights, int[] segments, int[] positions) {
        return new Batch(ids, targets, Optional.of(weights), Optional.of(new Packing(segments, positions)));
    }

    /** Copies the first tokens of the batch, as many as some whole rows have. */
    public Batch first(int tokens) {
        return new Batch(
                Arrays.copyOf(ids, tokens),
                Arrays.copyOf(targets, tokens),
                weights.map(plane -> Arrays.copyOf(plane, tokens)),
                packing.map(texts -> new Packing(
                        Arrays.copyOf(texts.segments(), tokens), Arrays.copyOf(texts.positions(), tokens))));
    }

    /** Adds up the weights of all targets. It is 0 for a batch that nothing can be learnt from. */
    public double totalWeight() {
        return weights.map(Batch::sum).orElse((double) targets.length);
    }

    private static double sum(float[] plane) {
        double sum = 0;
        for (float weight : plane) {
            sum += weight;
        }
        return sum;
    }

    private static void require(String name, int found, int expected) {
        if (found != expected) {
            throw new IllegalArgumentException(
                    name + ": " + found + " tokens (expected: " + expected + ", as there are ids)");
        }
    }
}
