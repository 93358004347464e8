package io.maru.control.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which control refuses a caller. */
public enum ControlReason implements Reason {
    /** The recipe is no YAML, or has an unknown key, a wrong type or an impossible value. */
    RECIPE_INVALID(Kind.INVALID),
    SOURCES_INVALID(Kind.INVALID),
    SOURCE_MISSING(Kind.NOT_FOUND),
    /** The sources cannot fill one block of the model. */
    TEXT_TOO_SHORT(Kind.INVALID),
    /** The recipe uses a tokenizer that is not there, or not READY. */
    TOKENIZER_NOT_FOUND(Kind.NOT_FOUND),
    TOKENIZER_NOT_READY(Kind.NOT_NOW),
    /** Nobody can say now whether the recipe's tokenizer is there. */
    TOKENIZATION_UNAVAILABLE(Kind.UNAVAILABLE),
    RUN_NOT_FOUND(Kind.NOT_FOUND),
    /** What is asked of a run makes no sense where it stands. */
    WRONG_STATE(Kind.NOT_NOW),
    /** Training cannot be asked now. */
    TRAINING_UNAVAILABLE(Kind.UNAVAILABLE),
    TOO_MANY_RUNS(Kind.EXHAUSTED);

    private final Kind kind;

    ControlReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
