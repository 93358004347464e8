package io.maru.evaluation.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which evaluation refuses a caller, or an evaluation fails. */
public enum EvaluationReason implements Reason {
    EVALUATION_MISSING(Kind.NOT_FOUND),
    EVALUATION_EXISTS(Kind.ALREADY_EXISTS),
    DATASET_MISSING(Kind.NOT_FOUND),
    /** It has nothing to score, or its files are not those of a dataset. */
    DATASET_UNUSABLE(Kind.NOT_NOW),
    MODEL_VERSION_MISSING(Kind.NOT_FOUND),
    MODEL_VERSION_UNUSABLE(Kind.NOT_NOW),
    /** The model reads other tokens than the dataset is made of. */
    TOKENIZER_MISMATCH(Kind.NOT_NOW),
    INFERENCE_UNAVAILABLE(Kind.UNAVAILABLE);

    private final Kind kind;

    EvaluationReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
