package io.maru.training.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/*
 * A batch that is left out moves all later ones:
 *
 *     step       1 2 3     4 5 6
 *     batch      0 1 2 (3) 4 5 6        left out: 3
 *
 * Everything that decides which batch comes next, what is a spike and when to stop is in here, and here is in every
 * checkpoint, so a run that is resumed decides as one that never stopped.
 */
/**
 * What a run remembers of its way, besides weights and moments. Immutable.
 *
 * @param skips batches that no step was taken on, in order
 * @param meanLoss of the recent steps, in nats per token
 * @param losses how many steps there were
 * @param bestLoss the lowest validation loss; 0 before the first
 * @param bestStep where it was measured
 * @param validationsSinceBest that were no better
 */
public record TrainingCursor(
        List<Skipped> skips, double meanLoss, long losses, double bestLoss, long bestStep, int validationsSinceBest) {
    public static final TrainingCursor BEGINNING = new TrainingCursor(List.of(), 0, 0, 0, 0, 0);

    /** A run that needs to leave out more is beyond help. */
    public static final int MAX_SKIPS = 32;

    /** Losses in the mean that a spike is measured against; with fewer there are no spikes yet. */
    static final int RECENT = 32;

    /** @param first of so many batches, counted from 0 */
    public record Skipped(long first, long batches) {
        long end() {
            return first + batches;
        }
    }

    public TrainingCursor {
        skips = List.copyOf(skips);
    }

    /** Batches left out so far. */
    public long skipped() {
        return skips.stream().mapToLong(Skipped::batches).sum();
    }

    /**
     * The batch of the next step.
     *
     * @param steps taken so far
     */
    public long batch(long steps) {
        return steps + skipped();
    }

    /** The step, counted from 1, that was taken on a batch; empty where it was left out. */
    public OptionalLong stepOn(long batch) {
        long leftOut = 0;
        for (Skipped skip : skips) {
            if (batch >= skip.first() && batch < skip.end()) {
                return OptionalLong.empty();
            }
            if (skip.end() <= batch) {
                leftOut += skip.batches();
            }
        }
        return OptionalLong.of(batch - leftOut + 1);
    }

    /** The loss above which the next step is a spike. */
    public float lossLimit(double spikeFactor) {
        return spikeFactor == 0 || losses < RECENT
                ? Float.MAX_VALUE
                : (float) Math.min(Math.max(spikeFactor * meanLoss, Float.MIN_NORMAL), Float.MAX_VALUE);
    }

    /** After a step that was taken. */
    public TrainingCursor stepped(double loss) {
        double mean = meanLoss + (loss - meanLoss) / Math.min(losses + 1, RECENT);
        return new TrainingCursor(skips, mean, losses + 1, bestLoss, bestStep, validationsSinceBest);
    }

    /** After a validation. */
    public TrainingCursor validated(long step, double loss) {
        return bestStep == 0 || loss < bestLoss
                ? new TrainingCursor(skips, meanLoss, losses, loss, step, 0)
                : new TrainingCursor(skips, meanLoss, losses, bestLoss, bestStep, validationsSinceBest + 1);
    }

    /** Without the batches from the next one up to the given one. */
    public TrainingCursor without(long steps, long lastBatch) {
        List<Skipped> more = new ArrayList<>(skips);
        more.add(new Skipped(batch(steps), lastBatch - batch(steps) + 1));
        return new TrainingCursor(more, meanLoss, losses, bestLoss, bestStep, validationsSinceBest);
    }

    /** How often in a row, right before the next step, something was left out. */
    public int skipsInARow(long steps) {
        long next = batch(steps);
        int times = 0;
        for (int i = skips.size() - 1; i >= 0 && skips.get(i).end() == next; i--) {
            next = skips.get(i).first();
            times++;
        }
        return times;
    }

    public boolean maySkipMore() {
        return skips.size() < MAX_SKIPS;
    }

    /** @param earlyStop validations without a new best that are one too many; 0 for never */
    public boolean isStalled(int earlyStop) {
        return earlyStop > 0 && validationsSinceBest >= earlyStop;
    }
}
