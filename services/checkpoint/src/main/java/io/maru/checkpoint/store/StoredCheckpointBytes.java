package io.maru.checkpoint.store;

import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.checkpoint.domain.Pace;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import io.maru.platform.thread.YieldingThreads;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Finds the objects in the platform's store. Those that must be read to their end are read by threads that leave the processor to
 * whoever else wants it: a training that shares the machine goes on meanwhile.
 */
public final class StoredCheckpointBytes implements CheckpointBytes {
    /** Small enough that no wait between two is longer than the store keeps a connection that is idle. */
    private static final int PIECE_BYTES = 1 << 16;

    private final ObjectStore store;
    private final ExecutorService reading = Executors.newCachedThreadPool(new YieldingThreads("reading"));

    public StoredCheckpointBytes(ObjectStore store) {
        this.store = store;
    }

    @Override
    public Optional<SealedFile> measure(String key) {
        return read(() -> sealedFile(store.read(key)));
    }

    @Override
    public Optional<SealedFile> measure(String key, Pace pace) {
        return read(() -> {
            MessageDigest digest = Sha256.newDigest();
            byte[] piece = new byte[PIECE_BYTES];
            long size = 0;
            long start = System.nanoTime();
            try (InputStream in = store.open(key)) {
                for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                    digest.update(piece, 0, count);
                    size += count;
                    TimeUnit.NANOSECONDS.sleep(pace.pause(size, System.nanoTime() - start));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while an object was read", e);
            }
            return new SealedFile(size, Sha256.hex(digest));
        });
    }

    @Override
    public Optional<SealedFile> find(String key) {
        Optional<SealedFile> attested =
                unlessMissing(() -> store.attested(key)).flatMap(found -> found.map(StoredCheckpointBytes::sealedFile));
        return attested.isPresent() ? attested : measure(key);
    }

    @Override
    public Optional<SealedFile> findTensors(String key) {
        Optional<SealedFile> found = find(key);
        found.ifPresent(file -> requireTensors(key, file.size()));
        return found;
    }

    private void requireTensors(String key, long size) {
        try {
            SafetensorsFile.requireHeader(
                    (offset, length) -> store.open(key, offset, length), size, key.substring(key.lastIndexOf('/') + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public OptionalLong size(String key) {
        return store.size(key);
    }

    @Override
    public List<String> list(String prefix) {
        return store.list(prefix);
    }

    @Override
    public Optional<byte[]> read(String key, int maxBytes) {
        OptionalLong size = store.size(key);
        return size.isPresent() && size.getAsLong() <= maxBytes
                ? unlessMissing(() -> store.bytes(key, maxBytes))
                : Optional.empty();
    }

    @Override
    public void fetch(String key, Path into, Optional<String> sha256) {
        if (sha256.isPresent()) {
            store.fetch(key, into, sha256.get());
        } else {
            store.fetch(key, into);
        }
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
    public void write(String key, Path file, SealedFile known) {
        store.put(key, file, known.sha256());
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
}
