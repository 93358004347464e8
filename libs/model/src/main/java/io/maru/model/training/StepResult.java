package io.maru.model.training;

/**
 * What a training step tells.
 *
 * @param step optimiser steps taken, this one included
 * @param loss mean over the batch before the step, in nats per token
 * @param gradientNorm length of the gradient before it was clipped
 */
public record StepResult(long step, float loss, float gradientNorm) {}
