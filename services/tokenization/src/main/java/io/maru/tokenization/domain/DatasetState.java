package io.maru.tokenization.domain;

/** Where a dataset is in its life. */
public enum DatasetState {
    ENCODING,
    SEALED,
    FAILED,
    CANCELLED;

    /** Whether it never changes again. */
    public boolean isFinal() {
        return this != ENCODING;
    }
}
