package io.maru.ingestion.domain;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What somebody asked for.
 *
 * @param requestKey of the caller and the method; the second request with the same key is the same request
 * @param workspace whose corpus it becomes
 * @param corpusId the last part of the name; empty leaves it to the service
 * @param sources full names, in the order in which they are read
 * @param kinds by source, what kind of text it is; of the others ingestion decides
 * @param run {@code workspaces/{workspace}/runs/{run}}, or empty
 * @param priority within the workspace; higher first
 */
public record CorpusRequest(
        String requestKey,
        String workspace,
        String corpusId,
        List<String> sources,
        CorpusSpec spec,
        Map<String, String> kinds,
        String run,
        int priority) {
    public static final int MAX_SOURCES = 10_000;

    public CorpusRequest {
        sources = List.copyOf(sources);
        if (sources.isEmpty() || sources.size() > MAX_SOURCES) {
            throw IngestionReason.INVALID_SOURCE.because(
                    "sources: %d of them (expected: 1 to %d)", sources.size(), MAX_SOURCES);
        }
        kinds = Map.copyOf(kinds);
        kinds.forEach((source, kind) -> DocumentKind.check("kinds." + source, kind));
        Set<String> strangers = new TreeSet<>(kinds.keySet());
        sources.forEach(strangers::remove);
        if (!strangers.isEmpty()) {
            throw IngestionReason.INVALID_KIND.because(
                    "kinds: %s (expected: one of the sources)",
                    strangers.iterator().next());
        }
    }

    /** Whether {@code corpus} is what this asks for. */
    public boolean describes(Corpus corpus) {
        return (corpusId.isEmpty() || corpus.name().equals(Corpus.name(workspace, corpusId)))
                && corpus.sources().equals(sources)
                && corpus.spec().equals(spec)
                && kinds.entrySet().stream().allMatch(kind -> corpus.kinds()
                        .get(sources.indexOf(kind.getKey()))
                        .equals(kind.getValue()))
                && corpus.run().equals(run);
    }
}
