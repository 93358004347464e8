package io.maru.ingestion.domain;

/**
 * What building a corpus has come to so far.
 *
 * @param readBytes of the sources
 * @param duplicates documents that were dropped because an equal one was there before
 * @param trainBytes of the training documents' text in UTF-8
 */
public record Tally(
        long readBytes, long documents, long duplicates, long trainBytes, long validationBytes, int shards) {
    public static final Tally ZERO = new Tally(0, 0, 0, 0, 0, 0);
}
