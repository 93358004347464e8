package io.maru.tokenization.domain;

/**
 * Where a tokenizer is in its life.
 *
 * <pre>
 *   PENDING --> TRAINING --> READY
 *      |           |  \---> FAILED
 *      |           v
 *      |       CANCELLING --> FAILED
 *      v           v
 *      +---> CANCELLED
 * </pre>
 */
public enum TokenizerState {
    PENDING,
    TRAINING,
    CANCELLING,
    READY,
    FAILED,
    CANCELLED;

    /** Whether it never changes again. */
    public boolean isFinal() {
        return this == READY || this == FAILED || this == CANCELLED;
    }

    /** The state once a worker has taken the tokenizer up, for the first time or again. */
    public TokenizerState started() {
        return this == PENDING ? TRAINING : this;
    }

    /** The state once somebody has asked to cancel: where a worker trains, it has to stop first. */
    public TokenizerState cancelRequested() {
        return switch (this) {
            case PENDING -> CANCELLED;
            case TRAINING -> CANCELLING;
            case CANCELLING, READY, FAILED, CANCELLED -> this;
        };
    }

    /** The state once the worker has stopped because it was asked to. */
    public TokenizerState stopped() {
        return this == CANCELLING ? CANCELLED : this;
    }

    /** The state once the work has failed. */
    public TokenizerState failed() {
        return isFinal() ? this : FAILED;
    }
}
