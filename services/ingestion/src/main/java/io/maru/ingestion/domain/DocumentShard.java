package io.maru.ingestion.domain;

import java.util.Locale;

/**
 * An immutable file of documents.
 *
 * @param name {@code corpora/{corpus}/shards/{shard}}, also its object key
 * @param corpus {@code corpora/{corpus}}
 * @param size in bytes
 * @param textBytes of the documents' text in UTF-8
 */
public record DocumentShard(
        String name, String corpus, Split split, long size, String sha256, long documents, long textBytes) {

    /** The name below the corpus: {@code shards/train-00000}. */
    public static String key(Split split, int number) {
        return String.format(Locale.ROOT, "shards/%s-%05d", split.label(), number);
    }
}
