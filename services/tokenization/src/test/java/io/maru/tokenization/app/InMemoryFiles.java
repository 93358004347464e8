package io.maru.tokenization.app;

import io.maru.formats.Sha256;
import io.maru.platform.error.CommonReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The object store as a map. */
public final class InMemoryFiles implements SealedFiles {
    public final Map<String, byte[]> objects = new TreeMap<>();
    /** Keys in the order in which they were written, again where they were written again. */
    public final List<String> puts = new ArrayList<>();
    /** Keys in the order in which they were read. */
    public final List<String> reads = new ArrayList<>();

    public boolean down;

    @Override
    public Optional<byte[]> bytes(String key, int maxBytes) {
        requireUp();
        reads.add(key);
        return Optional.ofNullable(objects.get(key));
    }

    @Override
    public void fetch(String key, Path into, String sha256) {
        byte[] content = bytes(key, Integer.MAX_VALUE)
                .orElseThrow(() -> CommonReason.OBJECT_MISSING.because("%s: no such object", key));
        if (!Sha256.of(content).equals(sha256)) {
            throw CommonReason.OBJECT_CORRUPT.because("%s: sha256 is %s", key, Sha256.of(content));
        }
        try {
            Files.write(into, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void put(String key, Path file) {
        try {
            put(key, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void put(String key, byte[] content) {
        requireUp();
        puts.add(key);
        objects.put(key, content);
    }

    private void requireUp() {
        if (down) {
            throw CommonReason.OBJECT_STORE_UNAVAILABLE.because("the store is down");
        }
    }
}
