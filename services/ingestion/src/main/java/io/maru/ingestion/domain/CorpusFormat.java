package io.maru.ingestion.domain;

/** What the sources of a corpus hold. */
public enum CorpusFormat {
    /** Plain text, which is cut into documents. */
    TEXT,
    /** A JSON object on each line, which is one document. */
    JSONL
}
