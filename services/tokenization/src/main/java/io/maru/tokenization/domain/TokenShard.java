package io.maru.tokenization.domain;

/**
 * An immutable file of token ids.
 *
 * @param name {@code {dataset}/shards/{shard}}, also its object key
 * @param split train or validation
 * @param size in bytes
 * @param tokens in the file; at least 2, since one token has nothing to predict
 * @param textBytes of the text that the tokens stand for, in UTF-8
 */
public record TokenShard(
        String name, String dataset, String split, long size, String sha256, long tokens, long textBytes) {
    public TokenShard {
        if (tokens < 2) {
            throw new IllegalArgumentException("tokens: " + tokens + " (expected: >= 2)");
        }
    }

    /** The name below the dataset: {@code shards/train-00000}. */
    public String key() {
        return name.substring(dataset.length() + 1);
    }
}
