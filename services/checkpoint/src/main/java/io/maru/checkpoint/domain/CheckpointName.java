package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;

/**
 * {@code runs/{run}/checkpoints/{step}}, which is also the prefix of the checkpoint's object keys.
 *
 * @param run {@code runs/{run}}
 * @param step optimiser steps taken before the weights were written
 */
public record CheckpointName(String run, long step) {
    public CheckpointName {
        if (step < 0) {
            throw CommonReason.INVALID_ARGUMENT.because("step: %d (expected: >= 0)", step);
        }
    }

    /** The object key of one of the checkpoint's files. */
    public String key(String fileName) {
        return this + "/" + fileName;
    }

    @Override
    public String toString() {
        return run + "/checkpoints/" + step;
    }
}
