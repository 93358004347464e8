package io.maru.training.app;

import io.maru.formats.Content;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.platform.error.CommonReason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Objects in a map, with the refusals of the platform's store. */
final class InMemoryBytes implements TrainingBytes {
    final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    final AtomicInteger fetched = new AtomicInteger();
    final AtomicInteger outages = new AtomicInteger();

    @Override
    public byte[] read(String key, int limit) {
        byte[] content = objects.get(key);
        if (content == null) {
            throw CommonReason.OBJECT_MISSING.because("%s: no such object (expected: one)", key);
        }
        return content;
    }

    @Override
    public InputStream open(String key, long offset, long length) {
        return new ByteArrayInputStream(read(key, Integer.MAX_VALUE), (int) offset, (int) length);
    }

    @Override
    public void fetch(String key, Path into, SealedFile expected) {
        byte[] content = read(key, Integer.MAX_VALUE);
        if (!Sha256.of(content).equals(expected.sha256())) {
            throw CommonReason.OBJECT_CORRUPT.because("%s: other bytes (expected: %s)", key, expected.sha256());
        }
        fetched.incrementAndGet();
        try {
            Files.createDirectories(into.getParent());
            Files.write(into, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public SealedFile put(String key, Path file) {
        return put(key, Content.of(file));
    }

    private SealedFile put(String key, Content from) {
        if (outages.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw CommonReason.OBJECT_STORE_UNAVAILABLE.because("%s: down", key);
        }
        try {
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            from.writeTo(Channels.newChannel(written));
            byte[] content = written.toByteArray();
            objects.put(key, content);
            return new SealedFile(content.length, Sha256.of(content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void put(String key, Content content, SealedFile known, Path spare) {
        if (!put(key, content).equals(known)) {
            throw CommonReason.OBJECT_CORRUPT.because("%s: other bytes (expected: %s)", key, known.sha256());
        }
    }
}
