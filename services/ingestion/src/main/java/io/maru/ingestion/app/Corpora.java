package io.maru.ingestion.app;

import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.CorpusRequest;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.domain.DocumentKind;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.SourceName;
import io.maru.platform.error.CommonReason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What callers may do with corpora. */
public final class Corpora {
    /** Quality reports have a row for each. */
    private static final int MAX_KINDS = 100;

    private final CorpusStore corpora;
    private final TextStore texts;
    private final UploadKinds uploads;
    private final CutRule rule;

    public Corpora(CorpusStore corpora, TextStore texts, UploadKinds uploads, CutRule rule) {
        this.corpora = corpora;
        this.texts = texts;
        this.uploads = uploads;
        this.rule = rule;
    }

    /**
     * The corpus of this request, a new one if the request is new.
     *
     * @throws io.maru.platform.error.Refusal SOURCE_MISSING, INVALID_KIND, CORPUS_EXISTS, REQUEST_ID_REUSED
     */
    public Corpus create(CorpusRequest request) {
        Optional<Corpus> earlier = corpora.findByRequest(request.requestKey());
        if (earlier.isPresent()) {
            return same(request, earlier.get());
        }
        long sourceBytes = 0;
        for (String source : request.sources()) {
            sourceBytes += texts.size(source)
                    .orElseThrow(() -> IngestionReason.SOURCE_MISSING.because(
                            "sources: there is no %s (expected: a file that was uploaded, or an object of the store)",
                            source));
        }
        String name = Corpus.name(
                request.workspace(),
                request.corpusId().isEmpty() ? UUID.randomUUID().toString() : request.corpusId());
        Optional<Corpus> created = corpora.create(name, request, kinds(request), rule, sourceBytes);
        if (created.isPresent()) {
            return created.get();
        }
        // Either the same request came twice at once, or the name is another request's.
        return same(
                request,
                corpora.findByRequest(request.requestKey())
                        .orElseThrow(() -> IngestionReason.CORPUS_EXISTS.because(
                                "corpus_id: %s is there already (expected: a name that no other request has taken)",
                                name)));
    }

    /** Chooses the kind of each source: as the request says, else as its upload does, else as the name of the object tells. */
    private List<String> kinds(CorpusRequest request) {
        Map<String, String> uploaded = uploads.find(
                request.sources().stream().filter(SourceName::isUpload).toList());
        List<String> kinds = request.sources().stream()
                .map(source -> request.kinds()
                        .getOrDefault(source, uploaded.getOrDefault(source, DocumentKind.ofFile(source))))
                .toList();
        long different = kinds.stream().distinct().count();
        if (different > MAX_KINDS) {
            throw IngestionReason.INVALID_KIND.because(
                    "kinds: %d different ones (expected: at most %d)", different, MAX_KINDS);
        }
        return kinds;
    }

    private static Corpus same(CorpusRequest request, Corpus corpus) {
        if (!request.describes(corpus)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it created %s from another request (expected: the same request, or a new id)",
                    corpus.name());
        }
        return corpus;
    }

    public Corpus get(String name) {
        return corpora.find(name).orElseThrow(() -> missing(name));
    }

    /** Lists at most {@code limit} corpora of a workspace with a sequence below {@code before}, newest first. */
    public List<Corpus> list(String workspace, long before, int limit) {
        return corpora.list(workspace, before, limit);
    }

    public Corpus cancel(String name) {
        return corpora.cancel(name).orElseThrow(() -> missing(name));
    }

    private static RuntimeException missing(String name) {
        return IngestionReason.CORPUS_NOT_FOUND.because(
                "%s: no such corpus (expected: one that CreateCorpus made)", name);
    }
}
