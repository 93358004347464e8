package io.maru.tokenization.domain;

import java.time.Instant;

/**
 * A corpus as token ids, in sealed shards of two splits. Immutable once SEALED.
 *
 * @param name {@code datasets/{dataset}}
 * @param corpus {@code corpora/{corpus}}
 * @param corpusSha256 of the corpus's manifest
 * @param tokenizer {@code tokenizers/{tokenizer}}
 * @param tokenizerSha256 of its tokenizer.json
 * @param vocabularySize tokens that the tokenizer has
 * @param run {@code runs/{run}}, or empty
 * @param trainBytes of the text that the sealed training shards stand for, in UTF-8
 * @param manifestSha256 empty until SEALED
 * @param failureReason empty unless FAILED
 * @param revision grows by one at each change
 * @param sequence grows from dataset to dataset
 */
public record Dataset(
        String name,
        DatasetState state,
        String corpus,
        String corpusSha256,
        String tokenizer,
        String tokenizerSha256,
        int vocabularySize,
        String run,
        int shards,
        int sealedShards,
        long trainTokens,
        long validationTokens,
        long trainBytes,
        long validationBytes,
        String manifestSha256,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence) {

    /** {@code datasets/{id}}. */
    public static String name(String id) {
        return "datasets/" + id;
    }

    public String manifestKey() {
        return name + "/manifest.json";
    }
}
