package io.maru.ingestion.domain;

import io.maru.formats.Document;

/**
 * Where in a corpus a document lies.
 *
 * @param split its label
 * @param shard key of the shard below the corpus, as in {@code shards/train-00000}
 * @param index among the documents of the shard, from 0
 */
public record FoundDocument(String corpus, String split, String shard, int index, Document document) {
    private static final int MAX_EXCERPT = 200;

    public String name() {
        return corpus + "/documents/" + document.id();
    }

    /** How it begins. */
    public String excerpt() {
        String text = String.join("\n", document.body().texts());
        return text.substring(
                0, text.offsetByCodePoints(0, Math.min(MAX_EXCERPT, text.codePointCount(0, text.length()))));
    }
}
