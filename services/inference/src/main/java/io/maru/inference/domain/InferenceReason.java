package io.maru.inference.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which inference refuses a caller. */
public enum InferenceReason implements Reason {
    MODEL_MISSING(Kind.NOT_FOUND),
    /** Its files are whole, but are no GPT-2, Llama or Qwen2 with a tokenizer of its, or its weights give no numbers. */
    MODEL_UNUSABLE(Kind.NOT_NOW),
    /** Every model that may be loaded is, and all of them are in use. */
    MODELS_BUSY(Kind.EXHAUSTED),
    /** As many requests wait as may wait. */
    OVERLOADED(Kind.EXHAUSTED),
    /** The caller has stopped reading what it asked for. */
    READER_STALLED(Kind.EXHAUSTED),
    /** It has no token, and the model none to begin a text with. */
    PROMPT_EMPTY(Kind.INVALID),
    /** It leaves no room in the model's context, and the request does not say to cut it. */
    PROMPT_TOO_LONG(Kind.INVALID),
    SEQUENCE_INVALID(Kind.INVALID),
    CHECKPOINT_UNAVAILABLE(Kind.UNAVAILABLE),
    SHUTTING_DOWN(Kind.UNAVAILABLE);

    private final Kind kind;

    InferenceReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
