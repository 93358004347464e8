package io.maru.training.domain;

/**
 * How far a job has come.
 *
 * @param step optimiser steps taken
 * @param loss of the last measured step, in nats per token
 * @param validationLoss of the last validation; 0 before the first
 * @param lastCheckpoint {@code runs/{run}/checkpoints/{step}}; empty before the first
 */
public record Progress(long step, double loss, double validationLoss, double tokensPerSecond, String lastCheckpoint) {
    public static final Progress NONE = new Progress(0, 0, 0, 0, "");
}
