package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.FILE_TOO_LARGE;
import static io.maru.checkpoint.domain.CheckpointReason.SOURCE_MISSING;

import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.checkpoint.domain.FoundModel;
import io.maru.checkpoint.domain.ImportSource;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.domain.Origin;
import io.maru.formats.Content;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.file.WorkFolder;
import io.maru.platform.name.ResourceName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/*
 * An import goes its way like a promotion, and a crash between any two steps leaves nothing that looks like a version:
 *
 *     fetch       the files that were uploaded, or lie in the inbox, to a folder of this machine
 *     register    the tokenizer, under a name made of its bytes
 *     reserve     the model's next number, which a later attempt takes up again
 *     write       the version's files, made one after the other on the disk; manifest.json last
 *     publish     the row of the version, that of the import and the facts, in one transaction
 *
 * A later attempt begins at the start again and writes the same bytes. Files that are made go through the disk, so memory holds
 * some rows of one tensor.
 */
/** Makes a model version of a foreign model. */
public final class ModelImporter {
    private static final int MAX_FILES = 1_000;

    private final ModelCatalog catalog;
    private final CheckpointBytes bytes;
    private final ForeignModels models;
    private final TokenizerRegistry tokenizers;
    private final Path workDirectory;
    private final long maxBytes;
    private final Clock clock;

    /** @param maxBytes of all files of one model */
    public ModelImporter(
            ModelCatalog catalog,
            CheckpointBytes bytes,
            ForeignModels models,
            TokenizerRegistry tokenizers,
            Path workDirectory,
            long maxBytes,
            Clock clock) {
        this.catalog = catalog;
        this.bytes = bytes;
        this.models = models;
        this.tokenizers = tokenizers;
        this.workDirectory = workDirectory;
        this.maxBytes = maxBytes;
        this.clock = clock;
    }

    /** Hears how far an import is. */
    @FunctionalInterface
    public interface Listener {
        /** @throws Refusal IMPORT_CANCELLED where it is to stop */
        void at(FoundModel found);
    }

    /** A version whose files are in place. */
    public record Written(ModelVersionName name, Manifest manifest, FoundModel found) {}

    /**
     * Writes all files of the version.
     *
     * @throws Refusal SOURCE_MISSING, FILE_TOO_LARGE, PICKLE_REFUSED, MODEL_UNSUPPORTED, MODEL_CORRUPT,
     *     TOKENIZER_UNSUPPORTED, and what {@code listener} throws
     */
    public Written write(ModelImport order, Listener listener) throws IOException, InterruptedException {
        try (WorkFolder folder = WorkFolder.create(workDirectory)) {
            Path source = Files.createDirectory(folder.path().resolve("source"));
            fetch(order, source, listener);
            try (ForeignModels.Foreign model = models.open(source)) {
                FoundModel found =
                        new FoundModel(model.architecture(), model.parameters(), model.dtype(), "", 0, model.bytes());
                listener.at(found);
                String tokenizer = register(model.tokenizerJson());
                found = new FoundModel(
                        found.architecture(), found.parameters(), found.dtype(), tokenizer, 0, found.bytes());
                Origin origin = new Origin(List.of(order.name()), "", tokenizer, order.run(), order.caller());
                ModelVersionName name = catalog.reserve(order.name(), order.model(), origin, clock.instant())
                        .name();
                Progress progress = new Progress(listener, found);
                List<Manifest.Entry> entries = new ArrayList<>();
                for (Map.Entry<String, Content> file : model.files().entrySet()) {
                    entries.add(write(name, file.getKey(), file.getValue(), folder.path(), progress));
                }
                Manifest manifest = ModelVersion.manifest(entries);
                bytes.write(name.key(CheckpointFile.MANIFEST), manifest.toJson());
                return new Written(name, manifest, found.written(found.bytes()));
            }
        }
    }

    private String register(Optional<byte[]> tokenizerJson) throws InterruptedException {
        return tokenizerJson.isEmpty() ? "" : tokenizers.register(tokenizerJson.get());
    }

    private Manifest.Entry write(
            ModelVersionName version, String fileName, Content content, Path folder, Progress progress)
            throws IOException {
        Path file = folder.resolve(fileName);
        Content told = out -> content.writeTo(progress.into(out));
        SealedFile sealed = told.save(file);
        bytes.write(version.key(fileName), file, sealed);
        Files.delete(file);
        return new Manifest.Entry(fileName, sealed.size(), sealed.sha256(), Map.of());
    }

    private void fetch(ModelImport order, Path into, Listener listener) throws InterruptedException {
        Map<String, Remote> files = order.source().isEmpty() ? uploaded(order) : found(order.source());
        ImportFiles.requireModel(files.keySet());
        for (Map.Entry<String, Remote> file : files.entrySet()) {
            if (ImportFiles.isRead(file.getKey())) {
                listener.at(FoundModel.NONE);
                requireGoingOn();
                bytes.fetch(
                        file.getValue().key(),
                        into.resolve(file.getKey()),
                        file.getValue().sha256());
            }
        }
    }

    private static void requireGoingOn() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /**
     * An object of the store.
     *
     * @param sha256 empty where nobody knows
     */
    private record Remote(String key, Optional<String> sha256) {}

    private static Map<String, Remote> uploaded(ModelImport order) {
        String workspace = ResourceName.workspace(order.name());
        Map<String, Remote> files = new LinkedHashMap<>();
        for (ModelFile file : order.files()) {
            files.put(file.fileName(), new Remote(file.name(workspace), Optional.of(file.sha256())));
        }
        return files;
    }

    /** What lies in the inbox right below the folder; what lies deeper is another model's, or none of Maru's business. */
    private Map<String, Remote> found(String source) {
        List<String> keys = ImportSource.isFile(source)
                ? List.of(source)
                : bytes.list(source + "/").stream()
                        .filter(key -> key.lastIndexOf('/') == source.length())
                        .toList();
        if (keys.size() > MAX_FILES) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "%s: %d objects (expected: at most %d)", source, keys.size(), MAX_FILES);
        }
        Map<String, Remote> files = new LinkedHashMap<>();
        long left = maxBytes;
        for (String key : keys) {
            String name = ResourceName.last(key);
            ModelFile.requireName(name);
            OptionalLong size = ImportFiles.isRead(name) ? bytes.size(key) : OptionalLong.of(0);
            left -= size.orElseThrow(
                    () -> SOURCE_MISSING.because("source: there is no %s (expected: an object of the store)", key));
            if (left < 0) {
                throw FILE_TOO_LARGE.because(
                        "%s: more than %d bytes in all (expected: at most that)", source, maxBytes);
            }
            files.put(name, new Remote(key, Optional.empty()));
        }
        return files;
    }

    /** Counts the bytes that are made, and stops where somebody asks for it. */
    private static final class Progress {
        private final Listener listener;
        private final FoundModel found;
        private long written;

        Progress(Listener listener, FoundModel found) {
            this.listener = listener;
            this.found = found;
        }

        WritableByteChannel into(WritableByteChannel out) {
            return new WritableByteChannel() {
                @Override
                public int write(ByteBuffer piece) throws IOException {
                    int count = out.write(piece);
                    written += count;
                    // Headers and the small files count too: a little more than all is all.
                    listener.at(found.written(Math.min(written, found.bytes())));
                    return count;
                }

                @Override
                public boolean isOpen() {
                    return out.isOpen();
                }

                @Override
                public void close() throws IOException {
                    out.close();
                }
            };
        }
    }
}
