package io.maru.training.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which training refuses a caller or fails a job, besides those that all services have. */
public enum TrainingReason implements Reason {
    TRAINING_JOB_NOT_FOUND(Kind.NOT_FOUND),
    TRAINING_JOB_EXISTS(Kind.ALREADY_EXISTS),
    /** Another job that has not ended writes the run's checkpoints. */
    RUN_IN_USE(Kind.ALREADY_EXISTS),
    WRONG_STATE(Kind.NOT_NOW),
    DATASET_NOT_FOUND(Kind.NOT_FOUND),
    /** A sealed dataset is not what its manifest says. */
    DATASET_CORRUPT(Kind.CORRUPT),
    /** A dataset has no such shard or text. */
    TEXT_NOT_FOUND(Kind.NOT_FOUND),
    /** A job takes more memory than there is. */
    JOB_TOO_LARGE(Kind.INVALID),
    /** Two steps of a job took longer than they may. */
    JOB_TOO_SLOW(Kind.INVALID),
    /** There is no such model version or checkpoint to begin with. */
    INIT_NOT_FOUND(Kind.NOT_FOUND),
    /** A job cannot begin with a model of such a kind. */
    INIT_UNSUPPORTED(Kind.INVALID),
    /** The datasets of a mix, or the first weights, were made with different tokenizers. */
    TOKENIZER_MISMATCH(Kind.INVALID),
    /** A checkpoint is of another dataset, other first weights or another spec. */
    CHECKPOINT_MISMATCH(Kind.NOT_NOW),
    /** The checkpoint service does not take what was written. */
    CHECKPOINT_REFUSED(Kind.NOT_NOW),
    /** A job of several workers waits for replicas that have a seat free. */
    WORKERS_MISSING(Kind.UNAVAILABLE),
    /** The loss or the gradient is no number any more. */
    TRAINING_DIVERGED(Kind.INVALID);

    private final Kind kind;

    TrainingReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
