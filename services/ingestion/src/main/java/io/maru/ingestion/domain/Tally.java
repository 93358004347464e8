package io.maru.ingestion.domain;

/**
 * What building a corpus has come to so far.
 *
 * @param readBytes of the sources
 * @param pairs of the documents, those that are a prompt with its completion
 * @param conversations of the documents, those that are messages
 * @param duplicates documents that were dropped because an equal one was there before
 * @param trainBytes of the training documents' text in UTF-8
 */
public record Tally(
        long readBytes,
        long documents,
        long pairs,
        long conversations,
        long duplicates,
        long trainBytes,
        long validationBytes,
        int shards) {
    public static final Tally ZERO = new Tally(0, 0, 0, 0, 0, 0, 0, 0);
}
