package io.maru.ingestion.domain;

import io.maru.platform.error.CommonReason;
import java.util.List;

/**
 * What somebody asked for.
 *
 * @param requestId chosen by the caller; the second request with the same id is the same request
 * @param corpusId the last part of the name; empty leaves it to the service
 * @param sources in the order in which they are read
 * @param run {@code runs/{run}}, or empty
 */
public record CorpusRequest(
        String requestId, String corpusId, List<String> sources, double validationFraction, String run) {
    public static final int MOST_SOURCES = 10_000;

    public CorpusRequest {
        sources = List.copyOf(sources);
        if (sources.isEmpty() || sources.size() > MOST_SOURCES) {
            throw IngestionReason.INVALID_SOURCE.because(
                    "sources: %d of them (expected: 1 to %d)", sources.size(), MOST_SOURCES);
        }
        sources.forEach(SourceName::check);
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
                && corpus.run().equals(run);
    }
}
