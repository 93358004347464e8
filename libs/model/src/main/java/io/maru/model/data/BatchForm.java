package io.maru.model.data;

import java.util.Arrays;
import java.util.Optional;

/**
 * How the batches of a training look. It is chosen once, since the graph is built for it: a plain batch costs nothing for
 * what it does not have.
 *
 * @param rows of a step, over all devices and processes, B
 * @param planes what a batch has beside ids and targets
 */
public record BatchForm(int rows, Planes planes) {
    /** What a batch may have beside ids and targets. A batch that lacks some of it is filled up with what absence means. */
    public enum Planes {
        /** Nothing: every target counts alike, and each row is one text. */
        NONE,
        /** A weight for each target. */
        WEIGHTS,
        /** Weights, and which tokens are of one text. */
        WEIGHTS_AND_TEXTS;

        public boolean hasWeights() {
            return this != NONE;
        }

        public boolean hasTexts() {
            return this == WEIGHTS_AND_TEXTS;
        }
    }

    public BatchForm {
        if (rows < 1) {
            throw new IllegalArgumentException("batch: " + rows + " (expected: >= 1)");
        }
    }

    /**
     * Gives a batch all planes of this form: where it has no weights, each is 1, and where it tells no texts, each row is one.
     *
     * @param time tokens of a row, T
     * @throws IllegalArgumentException if it is of another size, or has what this form has no plane for
     */
    public Batch complete(Batch batch, int time) {
        int size = rows * time;
        if (batch.ids().length != size) {
            throw new IllegalArgumentException("batch: " + batch.ids().length + " tokens (expected: " + size + ", "
                    + rows + " rows of " + time + ")");
        }
        if (batch.weights().isPresent() && !planes.hasWeights()
                || batch.packing().isPresent() && !planes.hasTexts()) {
            throw new IllegalArgumentException("batch: with weights or texts (expected: " + planes + ")");
        }
        return new Batch(
                batch.ids(),
                batch.targets(),
                planes.hasWeights() ? batch.weights().or(() -> Optional.of(ones(size))) : Optional.empty(),
                planes.hasTexts() ? batch.packing().or(() -> Optional.of(wholeRows(size, time))) : Optional.empty());
    }

    private static float[] ones(int size) {
        float[] ones = new float[size];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static Batch.Packing wholeRows(int size, int time) {
        int[] positions = new int[size];
        Arrays.setAll(positions, i -> i % time);
        return new Batch.Packing(new int[size], positions);
    }

    /** Plain batches. */
    public static BatchForm plain(int rows) {
        return new BatchForm(rows, Planes.NONE);
    }
}
