package io.maru.ingestion.store;

import io.maru.ingestion.app.TextStore;
import io.maru.platform.store.ObjectStore;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Texts in the object store. */
public final class ObjectTexts implements TextStore {
    private final ObjectStore objects;

    public ObjectTexts(ObjectStore objects) {
        this.objects = objects;
    }

    @Override
    public OptionalLong size(String key) {
        return objects.size(key);
    }

    @Override
    public InputStream open(String key) {
        return objects.open(key);
    }

    @Override
    public void put(String key, Path file) {
        objects.put(key, file);
    }

    @Override
    public void put(String key, byte[] content) {
        objects.put(key, content);
    }
}
