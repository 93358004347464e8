package io.maru.model.training;

import io.maru.model.kernel.Compilation;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;

/**
 * How a step is computed, as against what: the model, the optimiser and the batch.
 *
 * @param precision of products and activations
 * @param recompute what is worked out twice to save memory
 * @param dropout part of the activations that is taken away, 0 for none
 * @param seed of what is taken away
 * @param accumulation parts of a batch that are worked through one after another, for the memory of one; divides its rows
 * @param compilation where XLA compiles the small expressions between the products
 */
public record TrainingOptions(
        Precision precision, Recompute recompute, float dropout, long seed, int accumulation, Compilation compilation) {
    public TrainingOptions {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout: " + dropout + " (expected: >= 0, < 1)");
        }
        if (accumulation < 1) {
            throw new IllegalArgumentException("accumulation: " + accumulation + " (expected: >= 1)");
        }
    }

    /** float32, compiled on CPUs, the whole batch at once, nothing taken away or worked out twice. */
    public static TrainingOptions usual() {
        return new TrainingOptions(Precision.FLOAT32, Recompute.NONE, 0, 0, 1, Compilation.ON_CPUS);
    }

    public TrainingOptions with(Precision other) {
        return new TrainingOptions(other, recompute, dropout, seed, accumulation, compilation);
    }

    public TrainingOptions with(Recompute other) {
        return new TrainingOptions(precision, other, dropout, seed, accumulation, compilation);
    }

    public TrainingOptions withDropout(float otherRate, long otherSeed) {
        return new TrainingOptions(precision, recompute, otherRate, otherSeed, accumulation, compilation);
    }

    public TrainingOptions withAccumulation(int parts) {
        return new TrainingOptions(precision, recompute, dropout, seed, parts, compilation);
    }

    public TrainingOptions with(Compilation other) {
        return new TrainingOptions(precision, recompute, dropout, seed, accumulation, other);
    }
}
