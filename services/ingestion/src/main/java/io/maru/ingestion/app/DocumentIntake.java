package io.maru.ingestion.app;

import io.maru.ingestion.app.TextSpool.SpooledText;
import io.maru.ingestion.domain.DocumentKind;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.UploadedFile;
import io.maru.platform.error.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** Takes in text files: checks them while they arrive and stores each under a name made of its content. */
public final class DocumentIntake {
    private final TextStore texts;
    private final UploadKinds kinds;
    private final long maxFileBytes;
    private final Path workDirectory;
    private final int maxUploads;
    private final Semaphore places;

    /** @param maxUploads how many files may be on their way in at once */
    public DocumentIntake(TextStore texts, UploadKinds kinds, long maxFileBytes, Path workDirectory, int maxUploads) {
        this.texts = texts;
        this.kinds = kinds;
        this.maxFileBytes = maxFileBytes;
        this.workDirectory = workDirectory;
        this.maxUploads = maxUploads;
        this.places = new Semaphore(maxUploads);
    }

    /**
     * Begins a file. The caller closes the upload, whatever becomes of it.
     *
     * @param workspace whose upload it becomes
     * @param fileName for messages, and for the kind where that is empty
     * @param kind of text, in a word of the sender's own; empty to go by the file's name
     * @throws Refusal TOO_MANY_UPLOADS, INVALID_KIND
     */
    public Upload open(String workspace, String fileName, String kind) {
        String known = kind.isEmpty() ? DocumentKind.ofFile(fileName) : DocumentKind.check("kind", kind);
        if (!places.tryAcquire()) {
            throw IngestionReason.TOO_MANY_UPLOADS.because(
                    "%d uploads are under way (expected: at most that; try again when one has ended)", maxUploads);
        }
        try {
            return new Upload(workspace, fileName, known, new TextSpool(fileName, maxFileBytes, workDirectory));
        } catch (IOException e) {
            places.release();
            throw new UncheckedIOException(e);
        }
    }

    /** One file on its way in. Not for several threads at once. */
    public final class Upload implements AutoCloseable {
        private final String workspace;
        private final String fileName;
        private final String kind;
        private final TextSpool spool;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Upload(String workspace, String fileName, String kind, TextSpool spool) {
            this.workspace = workspace;
            this.fileName = fileName;
            this.kind = kind;
            this.spool = spool;
        }

        /**
         * Takes the next piece.
         *
         * @throws Refusal at the first byte that no text has
         */
        public void accept(byte[] bytes) {
            try {
                spool.accept(bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Stores the file, unless its workspace has the same bytes already; its kind is this one from now on. */
        public UploadedFile store() {
            try {
                SpooledText text = spool.end();
                UploadedFile file = new UploadedFile(
                        UploadedFile.nameOf(workspace, text.sha256()),
                        fileName,
                        kind,
                        text.check().size(),
                        text.sha256(),
                        text.check().lines());
                if (!texts.size(file.name()).equals(OptionalLong.of(file.size()))) {
                    texts.put(file.name(), text.path());
                }
                kinds.put(file.name(), kind);
                return file;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                places.release();
                try {
                    spool.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
