package io.maru.tokenization.domain;

/**
 * A sealed file of documents, as a corpus's manifest lists it.
 *
 * @param corpus the full name
 * @param key below the corpus: {@code shards/{shard}}
 * @param split train or validation
 * @param textBytes of the documents' text in UTF-8
 */
public record DocumentShard(String corpus, String key, String sha256, String split, long textBytes) {
    public static final String TRAIN = "train";
    public static final String VALIDATION = "validation";

    /** The full name, {@code {corpus}/shards/{shard}}, also the object key. */
    public String name() {
        return corpus + "/" + key;
    }
}
