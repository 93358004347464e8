package io.maru.checkpoint.app;

import java.time.Duration;
import java.util.List;

/** Collects what uploads, imports and promotions left behind that nobody came back for. */
public final class Leftovers {
    private static final int BATCH = 100;

    private final ModelFileCatalog files;
    private final ReservedVersions versions;
    private final CheckpointBytes bytes;
    private final Duration age;

    /** @param age after which nobody comes back */
    public Leftovers(ModelFileCatalog files, ReservedVersions versions, CheckpointBytes bytes, Duration age) {
        this.files = files;
        this.versions = versions;
        this.bytes = bytes;
        this.age = age;
    }

    /** Removes all there is, in batches; a crash between any two leaves the rest for the next time. */
    public void collect() {
        List<String> unwanted;
        do {
            unwanted = files.unwanted(age, BATCH);
            unwanted.forEach(name -> files.forget(name, age, () -> bytes.delete(name)));
        } while (unwanted.size() == BATCH);
        while (versions.forgetOne(age, name -> bytes.list(name + "/").forEach(bytes::delete))) {
            // The next one.
        }
    }
}
