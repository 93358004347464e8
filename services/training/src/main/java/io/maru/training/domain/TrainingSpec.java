package io.maru.training.domain;

/**
 * How the weights are found; {@link TrainingPlan} checks it.
 *
 * @param steps optimiser steps
 * @param batch sequences in one step
 * @param learningRate the peak of the schedule: linear warm-up, then a cosine down to {@code minLearningRate}
 * @param gradientClip the gradient's global norm is scaled down to this; 0 means no clipping
 * @param validateEvery steps between two measurements of the validation loss
 * @param validationBatches that such a measurement takes at most
 * @param checkpointEvery steps between two checkpoints; the last step always makes one
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
        long checkpointEvery) {}
