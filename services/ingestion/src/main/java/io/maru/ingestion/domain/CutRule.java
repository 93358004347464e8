package io.maru.ingestion.domain;

/**
 * Where documents and shards end. It is kept with a corpus, so that a change of configuration does not change what a
 * second attempt builds.
 *
 * @param documentBytes a document ends at the first blank line after this much text
 * @param maxDocumentBytes and at a line's end before it would be longer than this
 * @param shardBytes a shard is sealed once its documents have this much text
 * @param maxLineBytes a line that is longer, without its end, is cut at white space, or refused
 */
public record CutRule(int documentBytes, int maxDocumentBytes, long shardBytes, int maxLineBytes) {
    public CutRule {
        if (documentBytes < 1) {
            throw new IllegalArgumentException("documentBytes: " + documentBytes + " (expected: >= 1)");
        }
        if (maxDocumentBytes < documentBytes) {
            throw new IllegalArgumentException(
                    "maxDocumentBytes: " + maxDocumentBytes + " (expected: >= documentBytes " + documentBytes + ")");
        }
        if (shardBytes < 1) {
            throw new IllegalArgumentException("shardBytes: " + shardBytes + " (expected: >= 1)");
        }
        if (maxLineBytes < 1) {
            throw new IllegalArgumentException("maxLineBytes: " + maxLineBytes + " (expected: >= 1)");
        }
    }
}
