package io.maru.checkpoint.domain;

/**
 * Where an import is in its life.
 *
 * <pre>
 *   PENDING --> RUNNING --> SUCCEEDED
 *      |           |  \---> FAILED
 *      |           v
 *      |       CANCELLING --> FAILED
 *      v           v
 *      +---> CANCELLED
 * </pre>
 */
public enum ImportState {
    PENDING,
    RUNNING,
    CANCELLING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    /** Whether it never changes again. */
    public boolean isFinal() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }

    /** The state once a worker has taken it up, for the first time or again. */
    public ImportState started() {
        return this == PENDING ? RUNNING : this;
    }

    /** The state once somebody has asked to cancel: where a worker has it in hand, that has to stop first. */
    public ImportState cancelRequested() {
        return switch (this) {
            case PENDING -> CANCELLED;
            case RUNNING -> CANCELLING;
            case CANCELLING, SUCCEEDED, FAILED, CANCELLED -> this;
        };
    }

    /** The state once the worker has stopped because it was asked to. */
    public ImportState stopped() {
        return this == CANCELLING ? CANCELLED : this;
    }

    /** The state once the work has failed. */
    public ImportState failed() {
        return isFinal() ? this : FAILED;
    }
}
