package io.maru.ingestion.domain;

/**
 * What a text file may at most be.
 *
 * @param maxFileBytes of a whole file
 * @param maxLineBytes of one line, without its line feed
 */
public record TextLimits(long maxFileBytes, int maxLineBytes) {
    public TextLimits {
        if (maxFileBytes < 1) {
            throw new IllegalArgumentException("maxFileBytes: " + maxFileBytes + " (expected: >= 1)");
        }
        if (maxLineBytes < 1) {
            throw new IllegalArgumentException("maxLineBytes: " + maxLineBytes + " (expected: >= 1)");
        }
    }
}
