package io.maru.checkpoint.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which checkpoint refuses a caller, besides those that all services have. */
public enum CheckpointReason implements Reason {
    CHECKPOINT_NOT_FOUND(Kind.NOT_FOUND),
    /** The name is taken by other content. */
    CHECKPOINT_EXISTS(Kind.ALREADY_EXISTS),
    CHECKPOINT_CORRUPT(Kind.CORRUPT),
    /** A registration names a file that is not in the object store. */
    FILE_MISSING(Kind.NOT_NOW),
    /** A file's bytes are not those that the registration tells of, or not what its format says. */
    FILE_CORRUPT(Kind.CORRUPT),
    MODEL_VERSION_NOT_FOUND(Kind.NOT_FOUND);

    private final Kind kind;

    CheckpointReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
