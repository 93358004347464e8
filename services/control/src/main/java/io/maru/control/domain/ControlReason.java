package io.maru.control.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which control refuses a caller. */
public enum ControlReason implements Reason {
    /** The recipe is no YAML, or a service would refuse a step of it. The refusal lists every mistake. */
    RECIPE_INVALID(Kind.INVALID),
    SOURCES_INVALID(Kind.INVALID),
    SOURCE_MISSING(Kind.NOT_FOUND),
    /** A service that must say whether a resource of the recipe is there does not answer now. */
    NEIGHBOUR_UNAVAILABLE(Kind.UNAVAILABLE),
    /** A name of something of which nobody knows what it was made of. */
    NO_LINEAGE(Kind.INVALID),
    RUN_NOT_FOUND(Kind.NOT_FOUND),
    STEP_NOT_FOUND(Kind.NOT_FOUND),
    /** What is asked of a run or a step makes no sense where it stands. */
    WRONG_STATE(Kind.NOT_NOW),
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
