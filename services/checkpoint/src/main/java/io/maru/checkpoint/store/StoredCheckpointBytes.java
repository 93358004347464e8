package io.maru.checkpoint.store;

import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import io.maru.platform.thread.YieldingThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * The objects, in the platform's store; tensors pass through a file for as long as their header is read. Objects are read by
 * threads that leave the processor to whoever else wants it: a training that shares the machine goes on meanwhile.
 */
public final class StoredCheckpointBytes implements CheckpointBytes {
    private final ObjectStore store;
    private final Path workDirectory;
    private final ExecutorService reading = Executors.newCachedThreadPool(new YieldingThreads("reading"));

    public StoredCheckpointBytes(ObjectStore store, Path workDirectory) {
        this.store = store;
        this.workDirectory = workDirectory;
    }

    @Override
    public Optional<SealedFile> measure(String key) {
        return read(() -> sealedFile(store.read(key)));
    }

    @Override
    public Optional<SealedFile> measureTensors(String key) {
        return read(() -> {
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

    private Optional<SealedFile> read(Supplier<SealedFile> read) {
        Future<Optional<SealedFile>> found = reading.submit(() -> unlessMissing(read));
        try {
            return found.get();
        } catch (InterruptedException e) {
            found.cancel(true);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while an object was read", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
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
