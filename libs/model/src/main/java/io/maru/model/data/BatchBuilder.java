package io.maru.model.data;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Fills a batch row by row from stretches of T + 1 tokens. Its arrays are those of the next batch too, so a batch is valid
 * until the first row of the next one is added.
 */
public final class BatchBuilder {
    private final BatchForm form;
    private final int time; // T
    private final int[] ids;
    private final int[] targets;
    private final Optional<float[]> weights;
    private final Optional<Batch.Packing> packing;
    private int rows;

    /** @param time tokens of a row, T */
    public BatchBuilder(BatchForm form, int time) {
        this.form = form;
        this.time = time;
        int size = Math.multiplyExact(form.rows(), time);
        ids = new int[size];
        targets = new int[size];
        weights = form.planes().hasWeights() ? Optional.of(new float[size]) : Optional.empty();
        packing = form.planes().hasTexts()
                ? Optional.of(new Batch.Packing(new int[size], new int[size]))
                : Optional.empty();
    }

    /**
     * Adds a row of one text whose targets all count alike.
     *
     * @param tokens of a text, one after the other (T + 1): each but the last is an input, and each but the first a target
     */
    public void add(int[] tokens) {
        int at = copied(tokens);
        weights.ifPresent(plane -> Arrays.fill(plane, at, at + time, 1));
        packing.ifPresent(texts -> pack(texts, at, i -> true));
    }

    /**
     * Adds a row. What the form has no plane for is not looked at.
     *
     * @param tokens one after the other (T + 1)
     * @param tokenWeights how much each of them counts as a target (T + 1); the first is none
     * @param tokenTexts a number for each of them (T + 1), the same for neighbours of one text. The first token of a text is
     *     no target, since what is before it is of another
     */
    public void add(int[] tokens, float[] tokenWeights, int[] tokenTexts) {
        require("tokenWeights", tokenWeights.length);
        require("tokenTexts", tokenTexts.length);
        int at = copied(tokens);
        weights.ifPresent(plane -> System.arraycopy(tokenWeights, 1, plane, at, time));
        packing.ifPresent(texts -> pack(texts, at, i -> tokenTexts[i] == tokenTexts[i - 1]));
    }

    /** @return where the row begins */
    private int copied(int[] tokens) {
        require("tokens", tokens.length);
        if (rows == form.rows()) {
            throw new IllegalStateException("row " + (rows + 1) + " (expected: build, after " + rows + " rows)");
        }
        int at = rows * time;
        System.arraycopy(tokens, 0, ids, at, time);
        System.arraycopy(tokens, 1, targets, at, time);
        rows++;
        return at;
    }

    /** @param goesOn whether a token of the row, but the first, is of the text of the one before it */
    private void pack(Batch.Packing texts, int at, IntPredicate goesOn) {
        int segment = 0;
        int start = 0;
        for (int i = 0; i < time; i++) {
            texts.segments()[at + i] = segment;
            texts.positions()[at + i] = i - start;
            if (!goesOn.test(i + 1)) {
                weights.orElseThrow()[at + i] = 0;
                segment++;
                start = i + 1;
            }
        }
    }

    private void require(String name, int found) {
        if (found != time + 1) {
            throw new IllegalArgumentException(name + ": " + found + " (expected: " + (time + 1) + ")");
        }
    }

    /** Gives the batch and begins another. */
    public Batch build() {
        if (rows < form.rows()) {
            throw new IllegalStateException("rows: " + rows + " (expected: " + form.rows() + ")");
        }
        rows = 0;
        return new Batch(ids, targets, weights, packing);
    }
}
