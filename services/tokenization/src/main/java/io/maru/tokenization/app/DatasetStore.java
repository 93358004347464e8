package io.maru.tokenization.app;

import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.Tokenizer;
import java.util.List;
import java.util.Optional;

/** The datasets that were asked for. */
public interface DatasetStore {
    Optional<Dataset> find(String name);

    Optional<Dataset> findByRequest(String requestKey);

    /** Lists at most {@code limit} datasets of a workspace with a sequence below {@code before}, newest first. */
    List<Dataset> list(String workspace, long before, int limit);

    /**
     * A new ENCODING dataset whose shards are offered to the workers, one for each document shard; nothing where its name or its request key is
     * taken.
     */
    Optional<Dataset> create(String name, DatasetRequest request, Corpora.SealedCorpus corpus, Tokenizer tokenizer);

    /** ENCODING becomes CANCELLED, anything else stays. Nothing where there is no such dataset. */
    Optional<Dataset> cancel(String name);
}
