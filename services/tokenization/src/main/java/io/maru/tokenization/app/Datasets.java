package io.maru.tokenization.app;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What callers may do with datasets. */
public final class Datasets {
    private final DatasetStore datasets;
    private final Tokenizers tokenizers;
    private final Corpora corpora;

    public Datasets(DatasetStore datasets, Tokenizers tokenizers, Corpora corpora) {
        this.datasets = datasets;
        this.tokenizers = tokenizers;
        this.corpora = corpora;
    }

    /**
     * The dataset of this request, a new one if the request is new.
     *
     * @throws Refusal TOKENIZER_NOT_READY and its like, CORPUS_NOT_SEALED and its like, CORPUS_WITH_MESSAGES,
     *     DATASET_EXISTS, REQUEST_ID_REUSED
     */
    public Dataset create(DatasetRequest request) {
        Optional<Dataset> earlier = datasets.findByRequest(request.requestKey());
        if (earlier.isPresent()) {
            return same(request, earlier.get());
        }
        Tokenizer tokenizer = tokenizers.getReady(request.tokenizer());
        Corpora.SealedCorpus corpus = corpora.read(request.corpus());
        if (corpus.conversations() > 0) {
            throw TokenizationReason.CORPUS_WITH_MESSAGES.because(
                    "%s: %d of its documents are messages (expected: texts, or prompts with completions; nothing says yet how"
                            + " messages become one text)",
                    corpus.name(), corpus.conversations());
        }
        String name = Dataset.name(
                request.workspace(),
                request.datasetId().isEmpty() ? UUID.randomUUID().toString() : request.datasetId());
        Optional<Dataset> created = datasets.create(name, request, corpus, tokenizer);
        if (created.isPresent()) {
            return created.get();
        }
        // Either the same request came twice at once, or the name is another request's.
        return same(
                request,
                datasets.findByRequest(request.requestKey())
                        .orElseThrow(() -> TokenizationReason.DATASET_EXISTS.because(
                                "dataset_id: %s is there already (expected: a name that no other request has taken)",
                                name)));
    }

    private static Dataset same(DatasetRequest request, Dataset dataset) {
        if (!request.describes(dataset)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it created %s from another request (expected: the same request, or a new id)",
                    dataset.name());
        }
        return dataset;
    }

    public Dataset get(String name) {
        return datasets.find(name).orElseThrow(() -> missing(name));
    }

    /** Lists at most {@code limit} datasets of a workspace with a sequence below {@code before}, newest first. */
    public List<Dataset> list(String workspace, long before, int limit) {
        return datasets.list(workspace, before, limit);
    }

    public Dataset cancel(String name) {
        return datasets.cancel(name).orElseThrow(() -> missing(name));
    }

    private static Refusal missing(String name) {
        return TokenizationReason.DATASET_NOT_FOUND.because(
                "%s: no such dataset (expected: one that CreateDataset made)", name);
    }
}
