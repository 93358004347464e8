package io.maru.ingestion.app;

import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.CorpusRequest;
import io.maru.ingestion.domain.CutRule;
import java.util.List;
import java.util.Optional;

/** The corpora that were asked for. */
public interface CorpusStore {
    Optional<Corpus> find(String name);

    Optional<Corpus> findByRequest(String requestKey);

    /** Lists at most {@code limit} corpora of a workspace with a sequence below {@code before}, newest first. */
    List<Corpus> list(String workspace, long before, int limit);

    /**
     * A new PENDING corpus, offered to the workers; nothing where its name or its request key is taken.
     *
     * @param name the full name
     */
    Optional<Corpus> create(String name, CorpusRequest request, List<String> kinds, CutRule rule, long sourceBytes);

    /** PENDING becomes CANCELLED, RUNNING becomes CANCELLING, anything else stays. Nothing where there is no such corpus. */
    Optional<Corpus> cancel(String name);
}
