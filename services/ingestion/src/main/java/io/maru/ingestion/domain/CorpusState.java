package io.maru.ingestion.domain;

/**
 * Where a corpus is in its life.
 *
 * <pre>
 *   PENDING --> RUNNING --> SEALED
 *      |           |  \---> FAILED
 *      |           v
 *      |       CANCELLING --> FAILED
 *      v           v
 *      +---> CANCELLED
 * </pre>
 */
public enum CorpusState {
    PENDING,
    RUNNING,
    CANCELLING,
    SEALED,
    FAILED,
    CANCELLED;

    /** Whether it never changes again. */
    public boolean isFinal() {
        return this == SEALED || this == FAILED || this == CANCELLED;
    }

    /** The state once a worker has taken the corpus up, for the first time or again. */
    public CorpusState started() {
        return this == PENDING ? RUNNING : this;
    }

    /** The state once somebody has asked to cancel: where a worker builds, it has to stop first. */
    public CorpusState cancelRequested() {
        return switch (this) {
            case PENDING -> CANCELLED;
            case RUNNING -> CANCELLING;
            case CANCELLING, SEALED, FAILED, CANCELLED -> this;
        };
    }

    /** The state once the worker has stopped because it was asked to. */
    public CorpusState stopped() {
        return this == CANCELLING ? CANCELLED : this;
    }

    /** The state once the work has failed. */
    public CorpusState failed() {
        return isFinal() ? this : FAILED;
    }
}
