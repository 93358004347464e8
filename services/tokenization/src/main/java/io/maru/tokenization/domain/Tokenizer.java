package io.maru.tokenization.domain;

import io.maru.platform.name.ResourceName;
import io.maru.tokenizer.TieRule;
import java.time.Instant;

/**
 * A vocabulary with its merges. Immutable once READY.
 *
 * @param name the full name, {@code workspaces/{workspace}/tokenizers/{tokenizer}}
 * @param corpus the full name; empty where the tokenizer was imported
 * @param corpusSha256 of the corpus's manifest, when the tokenizer was asked for
 * @param vocabularySize as asked for
 * @param tieRule of its training; of no meaning where it was imported
 * @param tokens that the vocabulary has; 0 until READY
 * @param sha256 of tokenizer.json; empty until READY
 * @param reportSha256 of report.json; empty until READY, and where there is none
 * @param progress of its training
 * @param run {@code workspaces/{workspace}/runs/{run}}, or empty
 * @param failureReason empty unless FAILED
 * @param revision grows by one at each change
 * @param sequence grows from tokenizer to tokenizer
 */
public record Tokenizer(
        String name,
        TokenizerState state,
        String corpus,
        String corpusSha256,
        int vocabularySize,
        TieRule tieRule,
        int tokens,
        String sha256,
        String reportSha256,
        TrainingProgress progress,
        String run,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence) {

    /** The full name of a workspace's tokenizer. */
    public static String name(String workspace, String id) {
        return ResourceName.of(workspace, "tokenizers/" + id);
    }

    /** Whether it was made elsewhere. */
    public boolean isImported() {
        return corpus.isEmpty();
    }

    public static String jsonKey(String name) {
        return name + "/tokenizer.json";
    }

    public static String configKey(String name) {
        return name + "/tokenizer_config.json";
    }

    public static String reportKey(String name) {
        return name + "/report.json";
    }
}
