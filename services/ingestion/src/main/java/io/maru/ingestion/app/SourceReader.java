package io.maru.ingestion.app;

import io.maru.ingestion.app.TextSpool.SpooledText;
import io.maru.ingestion.domain.CorpusFormat;
import io.maru.ingestion.domain.CorpusSpec;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.domain.DocumentCutter;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.JsonRows;
import io.maru.ingestion.domain.LineReader;
import io.maru.ingestion.domain.SourceName;
import io.maru.ingestion.domain.TextLines;
import io.maru.ingestion.domain.UploadedFile;
import io.maru.platform.error.Refusal;
import io.maru.platform.name.ResourceName;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Makes documents of a source: checks the whole of it in a temporary file, then reads that. */
final class SourceReader {
    private static final int PIECE_BYTES = 1 << 16;

    private final TextStore texts;
    private final long maxFileBytes;
    private final Path folder;

    SourceReader(TextStore texts, long maxFileBytes, Path folder) {
        this.texts = texts;
        this.maxFileBytes = maxFileBytes;
        this.folder = folder;
    }

    /** Whom a reader tells how much of the source has become documents. */
    @FunctionalInterface
    interface Progress {
        void at(long bytes) throws InterruptedException;
    }

    /**
     * Gives the documents of a source in their order.
     *
     * @param kind of text, of all documents
     * @return the source's bytes
     * @throws Refusal where the source is no text, has another digest than its name, or has a line that is refused
     */
    long read(
            String source,
            String kind,
            CorpusSpec spec,
            CutRule rule,
            LineReader.Documents documents,
            Progress progress)
            throws IOException, InterruptedException {
        try (TextSpool spool = new TextSpool(source, maxFileBytes, folder)) {
            SpooledText text = spool(source, spool, progress);
            LineReader reader =
                    switch (spec.format()) {
                        case TEXT -> new DocumentCutter(text.check().separated(), rule, kind, documents);
                        case JSONL -> new JsonRows(source, kind, documents);
                    };
            // The decoder is told to throw: these bytes have been checked, so what it refused would be a fault of the
            // check.
            try (FileInputStream in = new FileInputStream(text.path().toFile());
                    InputStreamReader characters = new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder())) {
                TextLines lines = new TextLines(characters, rule.maxLineBytes());
                while (lines.next()) {
                    if (lines.isWhole()) {
                        reader.line(lines.text());
                    } else if (spec.strict() || spec.format() == CorpusFormat.JSONL) {
                        throw tooLong(source, lines, spec, rule);
                    } else {
                        reader.piece(lines.text(), lines.isLast());
                    }
                    progress.at(in.getChannel().position());
                }
                reader.end();
            }
            return text.check().size();
        }
    }

    private SpooledText spool(String source, TextSpool spool, Progress progress)
            throws IOException, InterruptedException {
        try (InputStream in = texts.open(source)) {
            byte[] piece = new byte[PIECE_BYTES];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                spool.accept(piece, 0, read);
                progress.at(0);
            }
        }
        SpooledText text = spool.end();
        if (SourceName.isUpload(source)
                && !UploadedFile.nameOf(ResourceName.workspace(source), text.sha256())
                        .equals(source)) {
            throw IngestionReason.SOURCE_CHANGED.because(
                    "%s: sha256 is %s (expected: one that begins like the name)", source, text.sha256());
        }
        return text;
    }

    private static Refusal tooLong(String source, TextLines lines, CorpusSpec spec, CutRule rule) throws IOException {
        String wayOut =
                switch (spec.format()) {
                    case TEXT -> "break it into lines, or leave out strict, and it is cut at white space";
                    case JSONL -> "a row is one document; make several of it";
                };
        return IngestionReason.LINE_TOO_LONG.because(
                "%s: line %d (counted from 1): %d bytes (expected: at most %d; %s)",
                source, lines.number(), lines.measure(), rule.maxLineBytes(), wayOut);
    }
}
