package io.maru.ingestion.app;

import io.maru.formats.Document;
import io.maru.formats.Manifest;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DigestSet;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.Split;
import io.maru.ingestion.domain.Tally;
import io.maru.platform.file.WorkFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Builds a corpus out of its sources.
 *
 * <pre>
 *   source --check--> local file --cut--> document --NFC--> id --seen?--> split --> shard --full?--> store
 * </pre>
 *
 * <p>The result is a pure function of the sources' bytes, kinds and order, the spec and the cut rule: no time,
 * name or chance gets into a shard or the manifest, so an attempt after a crash, and another corpus of the same sources,
 * end with the same digest. Memory is bounded by one document and by the digests of the documents seen.
 */
public final class CorpusBuilder {
    private final TextStore texts;
    private final long maxFileBytes;
    private final Path workDirectory;
    private final int maxDocuments;

    /**
     * @param maxFileBytes of each source
     * @param maxDocuments different documents in one corpus; their digests are kept in memory, see {@link DigestSet}
     */
    public CorpusBuilder(TextStore texts, long maxFileBytes, Path workDirectory, int maxDocuments) {
        this.texts = texts;
        this.maxFileBytes = maxFileBytes;
        this.workDirectory = workDirectory;
        this.maxDocuments = maxDocuments;
    }

    /**
     * Reads every source, and stores the shards and then the manifest.
     *
     * @throws io.maru.platform.error.Refusal where a source is no text, is gone or has changed, where no document, or none
     *     for validation, is left, or where {@code progress} says that the corpus is cancelled
     */
    public SealedCorpus build(Corpus corpus, BuildProgress progress) throws IOException, InterruptedException {
        try (WorkFolder folder = WorkFolder.create(workDirectory);
                ShardSet shards = new ShardSet(corpus, texts, progress, folder.path())) {
            return new Build(corpus, progress, folder.path(), shards).run();
        }
    }

    private final class Build {
        private final Corpus corpus;
        private final BuildProgress progress;
        private final SourceReader reader;
        private final ShardSet shards;
        private final DigestSet seen = new DigestSet(maxDocuments);

        private long readBytes;
        private long pairs;
        private long conversations;
        private long duplicates;
        private long trainBytes;
        private long validationBytes;

        Build(Corpus corpus, BuildProgress progress, Path folder, ShardSet shards) {
            this.corpus = corpus;
            this.progress = progress;
            this.reader = new SourceReader(texts, maxFileBytes, folder);
            this.shards = shards;
        }

        SealedCorpus run() throws IOException, InterruptedException {
            for (int i = 0; i < corpus.sources().size(); i++) {
                long before = readBytes;
                long size = reader.read(
                        corpus.sources().get(i),
                        corpus.kinds().get(i),
                        corpus.spec(),
                        corpus.rule(),
                        this::document,
                        bytes -> {
                            readBytes = before + bytes;
                            progress.at(tally());
                        });
                readBytes = before + size;
            }
            if (readBytes != corpus.sourceBytes()) {
                throw IngestionReason.SOURCE_CHANGED.because(
                        "%s: its sources have %d bytes (expected: %d, as when it was created)",
                        corpus.name(), readBytes, corpus.sourceBytes());
            }
            for (Split split : Split.values()) {
                shards.seal(split);
            }
            requireDocuments();
            Manifest manifest = manifest();
            texts.put(corpus.manifestKey(), manifest.toJson());
            return new SealedCorpus(tally(), manifest.digest());
        }

        private void document(Document document) throws IOException, InterruptedException {
            if (!seen.add(document.id())) {
                duplicates++;
                return;
            }
            if (document.body() instanceof Document.Pair) {
                pairs++;
            } else if (document.body() instanceof Document.Conversation) {
                conversations++;
            }
            long bytes = document.textBytes();
            Split split = Split.of(document, corpus.spec().validationFraction());
            switch (split) {
                case TRAIN -> trainBytes += bytes;
                case VALIDATION -> validationBytes += bytes;
            }
            if (shards.append(split, document)) {
                shards.seal(split);
            }
        }

        private void requireDocuments() {
            if (trainBytes == 0) {
                throw IngestionReason.NO_DOCUMENT.because(
                        "%s: no training document among %d documents of %d sources (expected: at least one)",
                        corpus.name(), seen.size(), corpus.sources().size());
            }
            if (validationBytes == 0 && corpus.spec().validationFraction() > 0) {
                throw IngestionReason.NO_VALIDATION_DOCUMENT.because(
                        "%s: no validation document among %d documents (expected: at least one at a validation fraction"
                                + " of %s; give more text, a larger fraction, or 0)",
                        corpus.name(), seen.size(), corpus.spec().validationFraction());
            }
        }

        private Tally tally() {
            return new Tally(
                    readBytes,
                    seen.size(),
                    pairs,
                    conversations,
                    duplicates,
                    trainBytes,
                    validationBytes,
                    shards.count());
        }

        private Manifest manifest() {
            Map<String, String> attributes = new HashMap<>(Map.of(
                    "documents", Integer.toString(seen.size()),
                    "duplicates", Long.toString(duplicates),
                    "trainBytes", Long.toString(trainBytes),
                    "validationBytes", Long.toString(validationBytes),
                    "validationFraction", Double.toString(corpus.spec().validationFraction())));
            // Where there are any: whoever can read no messages sees from here that he need not begin.
            if (pairs > 0) {
                attributes.put("pairs", Long.toString(pairs));
            }
            if (conversations > 0) {
                attributes.put("conversations", Long.toString(conversations));
            }
            return new Manifest("corpus", attributes, shards.entries());
        }
    }
}
