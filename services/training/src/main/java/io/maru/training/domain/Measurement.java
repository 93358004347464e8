package io.maru.training.domain;

import java.time.Instant;
import java.util.OptionalDouble;

/**
 * What was measured at one step.
 *
 * @param step optimiser steps taken, this one included
 * @param loss of the step's batch, in nats per token
 * @param minLoss of this step and of those since the measurement before
 * @param maxLoss of the same steps
 * @param gradientNorm before clipping
 * @param tokensPerSecond of the steps since the measurement before, without validations and checkpoints
 * @param cost of the same steps
 * @param validationLoss in nats per token, where the step ended with a validation
 */
public record Measurement(
        long step,
        double loss,
        double minLoss,
        double maxLoss,
        double learningRate,
        double gradientNorm,
        double tokensPerSecond,
        Cost cost,
        OptionalDouble validationLoss,
        Instant time) {

    /**
     * What steps take of the machine.
     *
     * @param flopsPerSecond the model's own floating-point operations, without what is worked out twice to save memory
     * @param mfu these as a share of the device's peak; 0 where no peak was measured
     * @param stepSeconds of one step on average
     * @param dataWaitSeconds of them for reading the batch
     * @param memoryBytes resident, of this process
     */
    public record Cost(
            double flopsPerSecond, double mfu, double stepSeconds, double dataWaitSeconds, long memoryBytes) {}
}
