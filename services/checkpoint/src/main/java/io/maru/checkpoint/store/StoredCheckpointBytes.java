package io.maru.checkpoint.store;

import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** The objects, in the platform's store; tensors pass through a file for as long as their header is read. */
public final class StoredCheckpointBytes implements CheckpointBytes {
    private final ObjectStore store;
    private final Path workDirectory;

    public StoredCheckpointBytes(ObjectStore store, Path workDirectory) {
        this.store = store;
        this.workDirectory = workDirectory;
    }

    @Override
    public Optional<SealedFile> measure(String key) {
        return unlessMissing(() -> sealedFile(store.read(key)));
    }

    @Override
    public Optional<SealedFile> measureTensors(String key) {
        return unlessMissing(() -> {
            try {
                Path folder = Files.createTempDirectory(workDirectory, "tensors");
                Path file = folder.resolve(key.substring(key.lastIndexOf('/') + 1));
                try {
                    StoredObject object = store.fetch(key, file);
                    SafetensorsFile.open(file).close();
                    return sealedFile(object);
                } finally {
                    deleteAll(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Override
    public boolean copy(String from, String to) {
        return unlessMissing(() -> {
                    store.copy(from, to);
                    return to;
                })
                .isPresent();
    }

    @Override
    public void write(String key, byte[] content) {
        store.put(key, content);
    }

    @Override
    public void delete(String key) {
        store.delete(key);
    }

    private static SealedFile sealedFile(StoredObject object) {
        return new SealedFile(object.size(), object.sha256());
    }

    private static <T> Optional<T> unlessMissing(Supplier<T> read) {
        try {
            return Optional.of(read.get());
        } catch (Refusal e) {
            if (e.reason() == CommonReason.OBJECT_MISSING) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
