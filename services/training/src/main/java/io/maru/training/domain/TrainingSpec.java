package io.maru.training.domain;

import io.maru.model.Decay;
import io.maru.model.Precision;
import io.maru.model.Recompute;

/**
 * How the weights are found; {@link TrainingPlan} checks it.
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
 * @param devices of each worker that share a part; 0 is 1
 * @param workers processes that share a part; 0 is 1
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
        Decay decay,
        Precision precision,
        Recompute recompute,
        double dropout,
        int accumulation,
        int devices,
        int workers) {
    public TrainingSpec {
        // What a job says that was made before there were several, or a caller who wants one.
        devices = devices == 0 ? 1 : devices;
        workers = workers == 0 ? 1 : workers;
    }

    public TrainingSpec with(int otherDevices, int otherWorkers) {
        return new TrainingSpec(
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
                decay,
                precision,
                recompute,
                dropout,
                accumulation,
                otherDevices,
                otherWorkers);
    }

    /** On one device of one process. */
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
            Decay decay,
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
                decay,
                precision,
                recompute,
                dropout,
                accumulation,
                1,
                1);
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
}
