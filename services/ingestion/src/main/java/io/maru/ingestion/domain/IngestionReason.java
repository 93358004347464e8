package io.maru.ingestion.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which ingestion refuses a caller, or a corpus fails. */
public enum IngestionReason implements Reason {
    /** The messages of an upload came in another order than header, chunk, chunk, ... */
    UPLOAD_OUT_OF_ORDER(Kind.INVALID),
    CHUNK_TOO_LARGE(Kind.INVALID),
    /** Nothing but white space. */
    FILE_EMPTY(Kind.INVALID),
    FILE_TOO_LARGE(Kind.INVALID),
    NOT_UTF8(Kind.INVALID),
    /** A control character that text does not have. */
    NOT_TEXT(Kind.INVALID),
    LINE_TOO_LONG(Kind.INVALID),
    TOO_MANY_UPLOADS(Kind.EXHAUSTED),
    /** The sender fell silent, and others wait for its place. */
    UPLOAD_IDLE(Kind.EXHAUSTED),

    INVALID_SOURCE(Kind.INVALID),
    INVALID_KIND(Kind.INVALID),
    SOURCE_MISSING(Kind.NOT_FOUND),
    /** A line of a JSONL source that is no document. */
    INVALID_ROW(Kind.INVALID),
    /** A source, or the shards made of it, differ from what an earlier look found. */
    SOURCE_CHANGED(Kind.CORRUPT),

    CORPUS_NOT_FOUND(Kind.NOT_FOUND),
    CORPUS_NOT_SEALED(Kind.NOT_NOW),
    DOCUMENT_NOT_FOUND(Kind.NOT_FOUND),
    CORPUS_EXISTS(Kind.ALREADY_EXISTS),
    NO_DOCUMENT(Kind.NOT_NOW),
    NO_VALIDATION_DOCUMENT(Kind.NOT_NOW),
    TOO_MANY_DOCUMENTS(Kind.EXHAUSTED),
    CORPUS_CANCELLED(Kind.CANCELLED);

    private final Kind kind;

    IngestionReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
