package io.maru.ingestion.app;

import io.maru.formats.Document;
import io.maru.formats.Manifest;
import io.maru.ingestion.app.TextSpool.SpooledText;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DigestSet;
import io.maru.ingestion.domain.DocumentCutter;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.JsonRows;
import io.maru.ingestion.domain.LineReader;
import io.maru.ingestion.domain.SourceName;
import io.maru.ingestion.domain.Split;
import io.maru.ingestion.domain.Tally;
import io.maru.ingestion.domain.TextLimits;
import io.maru.ingestion.domain.UploadedFile;
import io.maru.platform.file.WorkFolder;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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
    private static final int PIECE_BYTES = 1 << 16;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final TextStore texts;
    private final TextLimits limits;
    private final Path workDirectory;
    private final int maxDocuments;

    /** @param maxDocuments different documents in one corpus; their digests are kept in memory, see {@link DigestSet} */
    public CorpusBuilder(TextStore texts, TextLimits limits, Path workDirectory, int maxDocuments) {
        this.texts = texts;
        this.limits = limits;
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
        private final Path folder;
        private final ShardSet shards;
        private final DigestSet seen = new DigestSet(maxDocuments);
        /** The kind of text of the source in hand. */
        private String kind = "";

        private long readBytes;
        private long pairs;
        private long conversations;
        private long duplicates;
        private long trainBytes;
        private long validationBytes;

        Build(Corpus corpus, BuildProgress progress, Path folder, ShardSet shards) {
            this.corpus = corpus;
            this.progress = progress;
            this.folder = folder;
            this.shards = shards;
        }

        SealedCorpus run() throws IOException, InterruptedException {
            for (int i = 0; i < corpus.sources().size(); i++) {
                String source = corpus.sources().get(i);
                kind = corpus.kinds().get(i);
                try (TextSpool spool = new TextSpool(source, limits, folder)) {
                    SpooledText text = spool(source, spool);
                    read(source, text);
                    readBytes += text.check().size();
                }
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

        private SpooledText spool(String source, TextSpool spool) throws IOException, InterruptedException {
            try (InputStream in = texts.open(source)) {
                byte[] piece = new byte[PIECE_BYTES];
                for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                    spool.accept(piece, 0, read);
                    progress.at(tally());
                }
            }
            SpooledText text = spool.end();
            if (SourceName.isUpload(source)
                    && !UploadedFile.nameOf(corpus.workspace(), text.sha256()).equals(source)) {
                throw IngestionReason.SOURCE_CHANGED.because(
                        "%s: sha256 is %s (expected: one that begins like the name)", source, text.sha256());
            }
            return text;
        }

        private void read(String source, SpooledText text) throws IOException, InterruptedException {
            LineReader reader =
                    switch (corpus.spec().format()) {
                        case TEXT -> new DocumentCutter(text.check().separated(), corpus.rule(), kind, this::document);
                        case JSONL -> new JsonRows(source, kind, this::document);
                    };
            long before = readBytes;
            // The decoder is told to throw: these bytes have been checked, so what it refused would be a fault of the
            // check.
            try (FileInputStream in = new FileInputStream(text.path().toFile());
                    BufferedReader lines =
                            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))) {
                String line = lines.readLine();
                if (line != null && !line.isEmpty() && line.charAt(0) == BYTE_ORDER_MARK) {
                    line = line.substring(1);
                }
                for (; line != null; line = lines.readLine()) {
                    reader.line(line);
                    readBytes = before + in.getChannel().position();
                    progress.at(tally());
                }
                reader.end();
            }
            readBytes = before;
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
