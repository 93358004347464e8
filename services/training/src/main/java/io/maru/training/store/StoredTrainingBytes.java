package io.maru.training.store;

import io.maru.formats.Content;
import io.maru.formats.SealedFile;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import io.maru.training.app.TrainingBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps the objects in the platform's store. */
public final class StoredTrainingBytes implements TrainingBytes {
    private final ObjectStore store;

    public StoredTrainingBytes(ObjectStore store) {
        this.store = store;
    }

    @Override
    public byte[] read(String key, int limit) {
        return store.bytes(key, limit);
    }

    @Override
    public InputStream open(String key, long offset, long length) {
        return store.open(key, offset, length);
    }

    @Override
    public void fetch(String key, Path into, SealedFile expected) {
        store.fetch(key, into, expected.sha256());
    }

    @Override
    public SealedFile put(String key, Path file) {
        StoredObject object = store.put(key, file);
        return new SealedFile(object.size(), object.sha256());
    }

    @Override
    public void put(String key, Content content, SealedFile known, Path spare) throws IOException {
        if (known.size() <= ObjectStore.MAX_PIECE) {
            store.put(key, known.size(), known.sha256(), content::writeTo);
            return;
        }
        try {
            content.save(spare);
            store.put(key, spare, known.sha256());
        } finally {
            Files.deleteIfExists(spare);
        }
    }
}
