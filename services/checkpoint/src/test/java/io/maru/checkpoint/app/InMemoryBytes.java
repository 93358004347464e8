package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Pace;
import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.platform.error.CommonReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Objects in a map. What calls itself tensors must begin with {@code T}. */
final class InMemoryBytes implements CheckpointBytes {
    final TreeMap<String, byte[]> objects = new TreeMap<>();

    @Override
    public Optional<SealedFile> measure(String key) {
        return Optional.ofNullable(objects.get(key)).map(bytes -> new SealedFile(bytes.length, Sha256.of(bytes)));
    }

    @Override
    public Optional<SealedFile> measure(String key, Pace pace) {
        return measure(key);
    }

    @Override
    public Optional<SealedFile> find(String key) {
        return measure(key);
    }

    @Override
    public Optional<SealedFile> findTensors(String key) {
        byte[] content = objects.get(key);
        if (content != null && content[0] != 'T') {
            throw new CorruptFileException(key, "header", "no T", "a T");
        }
        return measure(key);
    }

    @Override
    public OptionalLong size(String key) {
        return objects.containsKey(key) ? OptionalLong.of(objects.get(key).length) : OptionalLong.empty();
    }

    @Override
    public List<String> list(String prefix) {
        return objects.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
    }

    @Override
    public Optional<byte[]> read(String key, int maxBytes) {
        return Optional.ofNullable(objects.get(key)).filter(content -> content.length <= maxBytes);
    }

    @Override
    public void fetch(String key, Path into, Optional<String> sha256) {
        byte[] content = objects.get(key);
        if (content == null) {
            throw CommonReason.OBJECT_MISSING.because("%s: no such object (expected: one in the store)", key);
        }
        if (sha256.isPresent() && !sha256.get().equals(Sha256.of(content))) {
            throw CommonReason.OBJECT_CORRUPT.because("%s: other bytes (expected: %s)", key, sha256.get());
        }
        try {
            Files.write(into, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean copy(String from, String to) {
        byte[] content = objects.get(from);
        if (content != null) {
            objects.put(to, content);
        }
        return content != null;
    }

    @Override
    public void write(String key, byte[] content) {
        objects.put(key, content);
    }

    @Override
    public void write(String key, Path file, SealedFile known) {
        try {
            objects.put(key, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void delete(String key) {
        objects.remove(key);
    }
}
