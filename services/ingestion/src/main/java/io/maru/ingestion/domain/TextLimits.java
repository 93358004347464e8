package io.maru.ingestion.domain;

/**
 * What a text file may at most be.
 *
 * @param mostFileBytes of a whole file
 * @param mostLineBytes of one line, without its line feed
 */
public record TextLimits(long mostFileBytes, int mostLineBytes) {
    public TextLimits {
        if (mostFileBytes < 1) {
            throw new IllegalArgumentException("mostFileBytes: " + mostFileBytes + " (expected: >= 1)");
        }
        if (mostLineBytes < 1) {
            throw new IllegalArgumentException("mostLineBytes: " + mostLineBytes + " (expected: >= 1)");
        }
    }
}
