package io.maru.ingestion.domain;

import java.time.Instant;
import java.util.List;

/**
 * Documents that passed intake, in sealed shards. Immutable once SEALED.
 *
 * @param name {@code corpora/{corpus}}
 * @param sources in the order in which they are read
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
    }

    /** {@code corpora/{id}}. */
    public static String name(String id) {
        return "corpora/" + id;
    }

    public String manifestKey() {
        return name + "/manifest.json";
    }
}
