package io.maru.checkpoint.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which checkpoint refuses a caller or an import fails, besides those that all services have. */
public enum CheckpointReason implements Reason {
    CHECKPOINT_NOT_FOUND(Kind.NOT_FOUND),
    /** The name is taken by other content. */
    CHECKPOINT_EXISTS(Kind.ALREADY_EXISTS),
    CHECKPOINT_CORRUPT(Kind.CORRUPT),
    /** A registration names a file that is not in the object store. */
    FILE_MISSING(Kind.NOT_NOW),
    /** A file's bytes are not those that the registration tells of, or not what its format says. */
    FILE_CORRUPT(Kind.CORRUPT),

    MODEL_NOT_FOUND(Kind.NOT_FOUND),
    MODEL_VERSION_NOT_FOUND(Kind.NOT_FOUND),
    ALIAS_NOT_FOUND(Kind.NOT_FOUND),
    /** It names another version than the caller expected. */
    ALIAS_MOVED(Kind.NOT_NOW),
    INVALID_LABEL(Kind.INVALID),

    /** The messages of an upload came in another order than header, chunk, chunk, ... */
    UPLOAD_OUT_OF_ORDER(Kind.INVALID),
    CHUNK_TOO_LARGE(Kind.INVALID),
    INVALID_FILE_NAME(Kind.INVALID),
    FILE_TOO_LARGE(Kind.INVALID),
    /** The bytes that arrived are not those that the header tells of. */
    UPLOAD_DIFFERS(Kind.CORRUPT),
    TOO_MANY_UPLOADS(Kind.EXHAUSTED),
    /** The sender fell silent, and others wait for its place. */
    UPLOAD_IDLE(Kind.EXHAUSTED),

    /** Its form has no words for something in the model. */
    EXPORT_UNSUPPORTED(Kind.INVALID),
    /** A file of a model version is not what was published. */
    MODEL_VERSION_CORRUPT(Kind.CORRUPT),
    TOO_MANY_EXPORTS(Kind.EXHAUSTED),
    /** The caller does not take what it is sent, and others wait for its place. */
    READER_IDLE(Kind.EXHAUSTED),
    /** The caller has gone. */
    EXPORT_CANCELLED(Kind.CANCELLED),

    IMPORT_NOT_FOUND(Kind.NOT_FOUND),
    IMPORT_EXISTS(Kind.ALREADY_EXISTS),
    INVALID_SOURCE(Kind.INVALID),
    SOURCE_MISSING(Kind.NOT_FOUND),
    /** Files that could run code when they are read. */
    PICKLE_REFUSED(Kind.INVALID),
    /** Something in the files that Maru would not compute exactly. */
    MODEL_UNSUPPORTED(Kind.INVALID),
    /** A file of the model is not what its format says. */
    MODEL_CORRUPT(Kind.CORRUPT),
    /** The tokenizer that came with the model asks for what would not be done to the letter. */
    TOKENIZER_UNSUPPORTED(Kind.INVALID),
    /** The tokenization service has no place for another tokenizer just now. */
    TOKENIZATION_BUSY(Kind.UNAVAILABLE),
    IMPORT_CANCELLED(Kind.CANCELLED);

    private final Kind kind;

    CheckpointReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
