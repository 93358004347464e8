package io.maru.tokenization.store;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.store.ObjectStore;
import io.maru.tokenization.app.SealedFiles;
import java.nio.file.Path;
import java.util.Optional;

/** Sealed files in the object store. */
public final class ObjectFiles implements SealedFiles {
    private final ObjectStore objects;

    public ObjectFiles(ObjectStore objects) {
        this.objects = objects;
    }

    @Override
    public Optional<byte[]> bytes(String key, int maxBytes) {
        try {
            return Optional.of(objects.bytes(key, maxBytes));
        } catch (Refusal e) {
            if (e.reason() == CommonReason.OBJECT_MISSING) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public void fetch(String key, Path into, String sha256) {
        objects.fetch(key, into, sha256);
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
