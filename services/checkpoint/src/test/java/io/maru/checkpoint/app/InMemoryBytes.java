package io.maru.checkpoint.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import java.util.Optional;
import java.util.TreeMap;

/** Objects in a map. What calls itself tensors must begin with {@code T}. */
final class InMemoryBytes implements CheckpointBytes {
    final TreeMap<String, byte[]> objects = new TreeMap<>();

    @Override
    public Optional<SealedFile> measure(String key) {
        return Optional.ofNullable(objects.get(key)).map(bytes -> new SealedFile(bytes.length, Sha256.of(bytes)));
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
    public void delete(String key) {
        objects.remove(key);
    }
}
