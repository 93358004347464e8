package io.maru.tokenization.domain;

import io.maru.platform.error.Kind;
import io.maru.platform.error.Reason;

/** Every way in which tokenization refuses a caller, or a tokenizer or dataset fails. */
public enum TokenizationReason implements Reason {
    /** There is no manifest: the corpus is not there, or not whole yet. */
    CORPUS_NOT_SEALED(Kind.NOT_NOW),
    /** The manifest, or a shard that it lists, is not what was sealed. */
    CORPUS_CORRUPT(Kind.CORRUPT),
    CORPUS_WITHOUT_TEXT(Kind.NOT_NOW),
    /** Some of its documents are messages, and nothing says how they become one text. */
    CORPUS_WITH_MESSAGES(Kind.NOT_NOW),
    /** Its different words are more than learning has memory for. */
    CORPUS_TOO_DIVERSE(Kind.EXHAUSTED),

    TOKENIZER_NOT_FOUND(Kind.NOT_FOUND),
    TOKENIZER_EXISTS(Kind.ALREADY_EXISTS),
    TOKENIZER_NOT_READY(Kind.NOT_NOW),
    TOKENIZER_CORRUPT(Kind.CORRUPT),
    TOKENIZER_CANCELLED(Kind.CANCELLED),
    /** There is no quality report: the tokenizer was imported. */
    REPORT_NOT_FOUND(Kind.NOT_FOUND),

    /** The file is broken, or asks for what this platform would not do to the letter. */
    INVALID_TOKENIZER(Kind.INVALID),
    TOKENIZER_TOO_LARGE(Kind.INVALID),
    IMPORT_OUT_OF_ORDER(Kind.INVALID),
    TOO_MANY_IMPORTS(Kind.EXHAUSTED),
    /** The sender fell silent. */
    IMPORT_IDLE(Kind.EXHAUSTED),

    DATASET_NOT_FOUND(Kind.NOT_FOUND),
    DATASET_EXISTS(Kind.ALREADY_EXISTS),

    TEXT_TOO_LONG(Kind.INVALID),
    TOO_MANY_IDS(Kind.INVALID),
    INVALID_ID(Kind.INVALID),
    /** The text holds what is spelt like a special token, and the caller refuses that. */
    SPECIAL_TOKEN_REFUSED(Kind.INVALID);

    private final Kind kind;

    TokenizationReason(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }
}
