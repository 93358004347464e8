package io.maru.training.domain;

import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;

/**
 * How the weights are found; {@link ChosenTraining} chooses what is left open, and {@link TrainingPlan} checks it.
 *
 * @param steps optimiser steps
 * @param batch sequences in one step
 * @param learningRate the peak of the schedule: linear warm-up, then a decay to {@code minLearningRate}
 * @param gradientClip the gradient's global norm is scaled down to this; 0 means no clipping
 * @param validateEvery steps between two measurements of the validation loss
 * @param validationBatches that such a measurement takes at most
 * @param checkpointEvery steps between two checkpoints; the last step always makes one
 * @param dropout part of the activations that a step does without
 * @param accumulation parts of a batch that are worked through one after another
 * @param parallelism what shares each part of a batch
 * @param mix the datasets
 * @param policy for what goes wrong, or no further
 */
public record TrainingSpec(
        long steps,
        int batch,
        double learningRate,
        double minLearningRate,
        long warmupSteps,
        double weightDecay,
        double beta1,
        double beta2,
        double gradientClip,
        long seed,
        long validateEvery,
        int validationBatches,
        long checkpointEvery,
        Decay schedule,
        Precision precision,
        Recompute recompute,
        double dropout,
        int accumulation,
        Parallelism parallelism,
        DataMix mix,
        TrainingPolicy policy) {
    /** In place of steps, batch, learning rate or, beside such a batch, of accumulation: the service chooses. */
    static final int AUTO = 0;
    /** In place of the minimum learning rate or the warm-up: as follows from the peak, or from the steps. */
    static final int FOLLOWS = -1;

    public TrainingSpec {
        // A job that was stored by an earlier version has none of these.
        parallelism = parallelism == null ? Parallelism.ONE : parallelism;
        mix = mix == null ? DataMix.NONE : mix;
        policy = policy == null ? TrainingPolicy.USUAL : policy;
    }

    /** With a cosine, in float32, nothing recomputed or dropped, the batch at once. */
    public TrainingSpec(
            long steps,
            int batch,
            double learningRate,
            double minLearningRate,
            long warmupSteps,
            double weightDecay,
            double beta1,
            double beta2,
            double gradientClip,
            long seed,
            long validateEvery,
            int validationBatches,
            long checkpointEvery) {
        this(
                steps,
                batch,
                learningRate,
                minLearningRate,
                warmupSteps,
                weightDecay,
                beta1,
                beta2,
                gradientClip,
                seed,
                validateEvery,
                validationBatches,
                checkpointEvery,
                Decay.COSINE,
                Precision.FLOAT32,
                Recompute.NONE,
                0,
                1);
    }

    /** On one device, on the own dataset alone, with the usual policy. */
    public TrainingSpec(
            long steps,
            int batch,
            double learningRate,
            double minLearningRate,
            long warmupSteps,
            double weightDecay,
            double beta1,
            double beta2,
            double gradientClip,
            long seed,
            long validateEvery,
            int validationBatches,
            long checkpointEvery,
            Decay schedule,
            Precision precision,
            Recompute recompute,
            double dropout,
            int accumulation) {
        this(
                steps,
                batch,
                learningRate,
                minLearningRate,
                warmupSteps,
                weightDecay,
                beta1,
                beta2,
                gradientClip,
                seed,
                validateEvery,
                validationBatches,
                checkpointEvery,
                schedule,
                precision,
                recompute,
                dropout,
                accumulation,
                Parallelism.ONE,
                DataMix.NONE,
                TrainingPolicy.USUAL);
    }

    public TrainingSpec with(DataMix other) {
        return copy(steps, batch, learningRate, minLearningRate, warmupSteps, accumulation, parallelism, other, policy);
    }

    public TrainingSpec with(TrainingPolicy other) {
        return copy(steps, batch, learningRate, minLearningRate, warmupSteps, accumulation, parallelism, mix, other);
    }

    public TrainingSpec with(Parallelism other) {
        return copy(steps, batch, learningRate, minLearningRate, warmupSteps, accumulation, other, mix, policy);
    }

    TrainingSpec withSteps(long other) {
        return copy(other, batch, learningRate, minLearningRate, warmupSteps, accumulation, parallelism, mix, policy);
    }

    TrainingSpec withBatch(int rows, int parts) {
        return copy(steps, rows, learningRate, minLearningRate, warmupSteps, parts, parallelism, mix, policy);
    }

    TrainingSpec withRates(double peak, double min) {
        return copy(steps, batch, peak, min, warmupSteps, accumulation, parallelism, mix, policy);
    }

    TrainingSpec withWarmupSteps(long other) {
        return copy(steps, batch, learningRate, minLearningRate, other, accumulation, parallelism, mix, policy);
    }

    /** All that is ever another in a copy. */
    private TrainingSpec copy(
            long otherSteps,
            int otherBatch,
            double peak,
            double min,
            long warmup,
            int parts,
            Parallelism otherParallelism,
            DataMix otherMix,
            TrainingPolicy otherPolicy) {
        return new TrainingSpec(
                otherSteps,
                otherBatch,
                peak,
                min,
                warmup,
                weightDecay,
                beta1,
                beta2,
                gradientClip,
                seed,
                validateEvery,
                validationBatches,
                checkpointEvery,
                schedule,
                precision,
                recompute,
                dropout,
                parts,
                otherParallelism,
                otherMix,
                otherPolicy);
    }
}
