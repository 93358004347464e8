package io.maru.tokenization.domain;

/** Where a dataset is in its life: ENCODING, until it is one of the others for good. */
public enum DatasetState {
    ENCODING,
    SEALED,
    FAILED,
    CANCELLED;

    /** Whether it never changes again. */
    public boolean isFinal() {
        return this != ENCODING;
    }

    /** The state once somebody has asked to cancel: shards in work are left unsealed. */
    public DatasetState cancelled() {
        return isFinal() ? this : CANCELLED;
    }

    /** The state once one of its shards has failed. */
    public DatasetState failed() {
        return isFinal() ? this : FAILED;
    }
}
