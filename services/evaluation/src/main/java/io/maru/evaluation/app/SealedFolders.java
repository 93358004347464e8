package io.maru.evaluation.app;

import io.maru.formats.Manifest;
import java.nio.file.Path;

/** Folders that a manifest seals. Calls throw a refusal: OBJECT_MISSING, OBJECT_CORRUPT or OBJECT_STORE_UNAVAILABLE. */
public interface SealedFolders {
    Manifest manifest(String folder);

    /** Copies a file of the folder; it has the size and digest of its entry. */
    void fetch(String folder, Manifest.Entry entry, Path into);
}
