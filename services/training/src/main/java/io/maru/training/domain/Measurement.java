package io.maru.training.domain;

import java.time.Instant;
import java.util.OptionalDouble;

/**
 * What was measured at one step.
 *
 * @param step optimiser steps taken, this one included
 * @param loss of the step's batch, in nats per token
 * @param gradientNorm before clipping
 * @param tokensPerSecond of the steps since the measurement before, without validations and checkpoints
 * @param validationLoss in nats per token, where the step ended with a validation
 */
public record Measurement(
        long step,
        double loss,
        double learningRate,
        double gradientNorm,
        double tokensPerSecond,
        OptionalDouble validationLoss,
        Instant time) {}
