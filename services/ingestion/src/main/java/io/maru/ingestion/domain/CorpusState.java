package io.maru.ingestion.domain;

/** Where a corpus is in its life. */
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
}
