package io.maru.evaluation.store;

import io.maru.evaluation.app.SealedFolders;
import io.maru.formats.CorruptFileException;
import io.maru.formats.Manifest;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.store.ObjectStore;
import java.nio.file.Path;

/** {@link SealedFolders} in the object store. */
public final class ObjectStoreFolders implements SealedFolders {
    private final ObjectStore store;

    public ObjectStoreFolders(ObjectStore store) {
        this.store = store;
    }

    @Override
    public Manifest manifest(String folder) {
        String key = folder + "/manifest.json";
        try {
            return Manifest.fromJson(store.bytes(key, Manifest.MAX_BYTES));
        } catch (CorruptFileException e) {
            throw new Refusal(
                    CommonReason.OBJECT_CORRUPT,
                    "%s: %s: %s (expected: %s)".formatted(key, e.place(), e.found(), e.expected()),
                    e);
        }
    }

    @Override
    public void fetch(String folder, Manifest.Entry entry, Path into) {
        store.fetch(folder + "/" + entry.key(), into, entry.sha256());
    }
}
