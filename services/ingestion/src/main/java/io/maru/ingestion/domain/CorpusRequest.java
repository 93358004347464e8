package io.maru.ingestion.domain;

import io.maru.platform.error.CommonReason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What somebody asked for.
 *
 * @param requestId chosen by the caller; the second request with the same id is the same request
 * @param corpusId the last part of the name; empty leaves it to the service
 * @param sources in the order in which they are read
 * @param kinds by source, what kind of text it is; of the others ingestion decides
 * @param run {@code runs/{run}}, or empty
 */
public record CorpusRequest(
        String requestId,
        String corpusId,
        List<String> sources,
        double validationFraction,
        Map<String, String> kinds,
        String run) {
    public static final int MAX_SOURCES = 10_000;

    public CorpusRequest {
        sources = List.copyOf(sources);
        if (sources.isEmpty() || sources.size() > MAX_SOURCES) {
            throw IngestionReason.INVALID_SOURCE.because(
                    "sources: %d of them (expected: 1 to %d)", sources.size(), MAX_SOURCES);
        }
        sources.forEach(SourceName::check);
        kinds = Map.copyOf(kinds);
        kinds.forEach((source, kind) -> DocumentKind.check("kinds." + source, kind));
        Set<String> strangers = new TreeSet<>(kinds.keySet());
        sources.forEach(strangers::remove);
        if (!strangers.isEmpty()) {
            throw IngestionReason.INVALID_KIND.because(
                    "kinds: %s (expected: one of the sources)",
                    strangers.iterator().next());
        }
        // Written so that it refuses NaN.
        if (!(validationFraction >= 0 && validationFraction < 1)) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "validation_fraction: %s (expected: at least 0 and below 1)", validationFraction);
        }
        // Negative zero would be another manifest than zero.
        validationFraction = validationFraction + 0.0;
    }

    /** Whether {@code corpus} is what this asks for. */
    public boolean describes(Corpus corpus) {
        return (corpusId.isEmpty() || corpus.name().equals(Corpus.name(corpusId)))
                && corpus.sources().equals(sources)
                && corpus.validationFraction() == validationFraction
                && kinds.entrySet().stream().allMatch(kind -> corpus.kind(sources.indexOf(kind.getKey()))
                        .equals(kind.getValue()))
                && corpus.run().equals(run);
    }
}
