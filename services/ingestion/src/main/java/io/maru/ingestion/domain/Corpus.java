package io.maru.ingestion.domain;

import java.time.Instant;
import java.util.List;

/**
 * Documents that passed intake, in sealed shards. Immutable once SEALED.
 *
 * @param name {@code corpora/{corpus}}
 * @param sources in the order in which they are read
 * @param kinds of text, of each source; empty in a corpus from before there were kinds
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
        double validationFraction,
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

    /** The kind of text of the source at {@code index}; empty where it has none. */
    public String kind(int index) {
        return kinds.isEmpty() ? "" : kinds.get(index);
    }

    /** {@code corpora/{id}}. */
    public static String name(String id) {
        return "corpora/" + id;
    }

    public String manifestKey() {
        return name + "/manifest.json";
    }
}
