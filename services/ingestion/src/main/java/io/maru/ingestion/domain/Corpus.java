package io.maru.ingestion.domain;

import io.maru.platform.name.ResourceName;
import java.time.Instant;
import java.util.List;

/**
 * Documents that passed intake, in sealed shards. Immutable once SEALED.
 *
 * @param name {@code workspaces/{workspace}/corpora/{corpus}}
 * @param sources full names, in the order in which they are read
 * @param kinds of text, of each source
 * @param sourceBytes of all sources together, when the corpus was asked for
 * @param manifestSha256 empty until SEALED
 * @param failureReason empty unless FAILED
 * @param revision grows by one at each change
 * @param sequence grows from corpus to corpus
 */
public record Corpus(
        String name,
        CorpusState state,
        List<String> sources,
        List<String> kinds,
        CorpusSpec spec,
        CutRule rule,
        String run,
        long sourceBytes,
        Tally tally,
        String manifestSha256,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence) {
    public Corpus {
        sources = List.copyOf(sources);
        kinds = List.copyOf(kinds);
    }

    /** The full name of a workspace's corpus. */
    public static String name(String workspace, String id) {
        return ResourceName.of(workspace, "corpora/" + id);
    }

    public String workspace() {
        return ResourceName.workspace(name);
    }

    public String manifestKey() {
        return name + "/manifest.json";
    }
}
