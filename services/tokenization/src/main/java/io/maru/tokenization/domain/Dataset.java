package io.maru.tokenization.domain;

import io.maru.platform.name.ResourceName;
import java.time.Instant;

/**
 * A corpus as token ids, in sealed shards of two splits. Immutable once SEALED.
 *
 * @param name the full name, {@code workspaces/{workspace}/datasets/{dataset}}
 * @param corpus the full name
 * @param corpusSha256 of the corpus's manifest
 * @param tokenizer the full name
 * @param tokenizerSha256 of its tokenizer.json
 * @param vocabularySize tokens that the tokenizer has
 * @param run {@code workspaces/{workspace}/runs/{run}}, or empty
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

    /** The full name of a workspace's dataset. */
    public static String name(String workspace, String id) {
        return ResourceName.of(workspace, "datasets/" + id);
    }

    public String manifestKey() {
        return name + "/manifest.json";
    }
}
