package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.CheckpointReason;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.platform.file.WorkFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Takes in files of foreign models: each goes to the disk while it arrives, and to the store, under a name made of its content,
 * once its bytes are those that its sender tells of.
 */
public final class ModelFileIntake {
    private static final String PREFIX = WorkFolder.PREFIX + "upload-";

    private final CheckpointBytes bytes;
    private final ModelFileCatalog catalog;
    private final Path workDirectory;
    private final long maxBytes;
    private final int maxUploads;
    private final Semaphore places;

    /**
     * @param maxBytes of one file
     * @param maxUploads how many may be on their way in at once
     */
    public ModelFileIntake(
            CheckpointBytes bytes, ModelFileCatalog catalog, Path workDirectory, long maxBytes, int maxUploads) {
        this.bytes = bytes;
        this.catalog = catalog;
        this.workDirectory = workDirectory;
        this.maxBytes = maxBytes;
        this.maxUploads = maxUploads;
        this.places = new Semaphore(maxUploads);
    }

    /** Lists those files of a workspace that need not be uploaded any more. */
    public List<ModelFile> present(String workspace, List<ModelFile> files) {
        Set<String> present = catalog.present(workspace, files);
        return files.stream().filter(file -> present.contains(file.sha256())).toList();
    }

    /**
     * Begins a file. The caller closes the upload, whatever becomes of it.
     *
     * @throws io.maru.platform.error.Refusal FILE_TOO_LARGE, TOO_MANY_UPLOADS
     */
    public Upload open(String workspace, ModelFile file) {
        if (file.size() > maxBytes) {
            throw CheckpointReason.FILE_TOO_LARGE.because(
                    "%s: %d bytes (expected: at most %d)", file.fileName(), file.size(), maxBytes);
        }
        if (!places.tryAcquire()) {
            throw CheckpointReason.TOO_MANY_UPLOADS.because(
                    "%d uploads are under way (expected: at most that; try again when one has ended)", maxUploads);
        }
        try {
            return new Upload(workspace, file, Files.createTempFile(workDirectory, PREFIX, ".spool"));
        } catch (IOException e) {
            places.release();
            throw new UncheckedIOException(e);
        }
    }

    /** One file on its way in. Not for several threads at once. */
    public final class Upload implements AutoCloseable {
        private final String workspace;
        private final ModelFile file;
        private final Path path;
        private final OutputStream out;
        private final MessageDigest digest = Sha256.newDigest();
        private final AtomicBoolean closed = new AtomicBoolean();
        private long size;

        private Upload(String workspace, ModelFile file, Path path) throws IOException {
            this.workspace = workspace;
            this.file = file;
            this.path = path;
            this.out = Files.newOutputStream(path);
        }

        /** @throws io.maru.platform.error.Refusal UPLOAD_DIFFERS at the first byte that is too much */
        public void accept(byte[] piece) {
            size += piece.length;
            if (size > file.size()) {
                throw CheckpointReason.UPLOAD_DIFFERS.because(
                        "%s: more than %d bytes (expected: as many, as the header says)", file.fileName(), file.size());
            }
            digest.update(piece);
            try {
                out.write(piece);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Stores the file, unless its workspace has the same bytes already.
         *
         * @throws io.maru.platform.error.Refusal UPLOAD_DIFFERS where its bytes are not those of the header
         */
        public ModelFile store() {
            SealedFile found = new SealedFile(size, Sha256.hex(digest));
            if (!found.equals(file.content())) {
                throw CheckpointReason.UPLOAD_DIFFERS.because(
                        "%s: %d bytes with sha256 %s (expected: %d bytes with sha256 %s, as the header says)",
                        file.fileName(), size, found.sha256(), file.size(), file.sha256());
            }
            try {
                out.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (!catalog.expect(workspace, file)) {
                bytes.write(file.name(workspace), path, found);
                catalog.stored(workspace, file);
            }
            return file;
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                places.release();
                try (out) {
                    Files.deleteIfExists(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
