package io.maru.ingestion.app;

import static io.maru.ingestion.domain.IngestionReason.CORPUS_NOT_SEALED;
import static io.maru.ingestion.domain.IngestionReason.DOCUMENT_NOT_FOUND;

import io.maru.formats.Document;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.Manifest;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.CorpusState;
import io.maru.ingestion.domain.FoundDocument;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Looks through a corpus's shards for a document. */
public final class DocumentSearch {
    private static final String MANIFEST = "manifest.json";

    private final Corpora corpora;
    private final TextStore texts;

    public DocumentSearch(Corpora corpora, TextStore texts) {
        this.corpora = corpora;
        this.texts = texts;
    }

    /**
     * Reads shards until the document is found; all of them where it is not there.
     *
     * @param corpus its full name
     * @param id of the document
     * @throws io.maru.platform.error.Refusal CORPUS_NOT_FOUND, CORPUS_NOT_SEALED, DOCUMENT_NOT_FOUND
     */
    public FoundDocument find(String corpus, String id) {
        Corpus found = corpora.get(corpus);
        if (found.state() != CorpusState.SEALED) {
            throw CORPUS_NOT_SEALED.because("%s: %s (expected: %s)", corpus, found.state(), CorpusState.SEALED);
        }
        try {
            for (Manifest.Entry shard : manifest(corpus).entries()) {
                try (DocumentShardReader documents = DocumentShardReader.open(texts.open(corpus + "/" + shard.key()))) {
                    for (int index = 0; documents.hasNext(); index++) {
                        Document document = documents.next();
                        if (document.id().equals(id)) {
                            return new FoundDocument(
                                    corpus, shard.attributes().get("split"), shard.key(), index, document);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw DOCUMENT_NOT_FOUND.because("%s/documents/%s: no such document (expected: one of the corpus)", corpus, id);
    }

    private Manifest manifest(String corpus) throws IOException {
        try (var in = texts.open(corpus + "/" + MANIFEST)) {
            return Manifest.fromJson(in.readNBytes(Manifest.MAX_BYTES));
        }
    }
}
