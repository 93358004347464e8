package io.maru.ingestion.app;

import io.maru.platform.error.CommonReason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/** The object store as a map. */
final class InMemoryTexts implements TextStore {
    final Map<String, byte[]> objects = new TreeMap<>();
    /** Keys in the order in which they were written, again where they were written again. */
    final List<String> puts = new ArrayList<>();

    @Override
    public OptionalLong size(String key) {
        return objects.containsKey(key) ? OptionalLong.of(objects.get(key).length) : OptionalLong.empty();
    }

    @Override
    public InputStream open(String key) {
        if (!objects.containsKey(key)) {
            throw CommonReason.OBJECT_MISSING.because("%s: no such object", key);
        }
        return new ByteArrayInputStream(objects.get(key));
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
        puts.add(key);
        objects.put(key, content);
    }
}
