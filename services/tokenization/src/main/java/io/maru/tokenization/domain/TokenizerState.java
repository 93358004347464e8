package io.maru.tokenization.domain;

/** Where a tokenizer is in its life. */
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
}
