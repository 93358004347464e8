package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import java.util.Optional;
import java.util.function.Function;

/** Compares what a manifest lists with what the store has. */
final class ManifestCheck {
    private ManifestCheck() {}

    /**
     * Tells of the first file that differs; empty where none does.
     *
     * @param name begins the keys of the files, and of the manifest beside them
     * @param measure reads an object; empty where there is none
     */
    static Optional<String> difference(String name, Manifest manifest, Function<String, Optional<SealedFile>> measure) {
        byte[] json = manifest.toJson();
        SealedFile sealedManifest = new SealedFile(json.length, manifest.digest());
        Optional<String> difference = difference(name + "/" + CheckpointFile.MANIFEST, sealedManifest, measure);
        for (Manifest.Entry entry : manifest.entries()) {
            if (difference.isPresent()) {
                break;
            }
            difference = difference(name + "/" + entry.key(), entry.file(), measure);
        }
        return difference;
    }

    private static Optional<String> difference(
            String key, SealedFile expected, Function<String, Optional<SealedFile>> measure) {
        Optional<SealedFile> measured = measure.apply(key);
        if (measured.isEmpty()) {
            return Optional.of(key + ": no such object (expected: " + expected.size() + " bytes)");
        }
        return measured.filter(found -> !found.equals(expected)).map(found -> difference(key, found, expected));
    }

    static String difference(String key, SealedFile found, SealedFile expected) {
        return key + ": " + found.size() + " bytes with sha256 " + found.sha256() + " (expected: " + expected.size()
                + " bytes with sha256 " + expected.sha256() + ")";
    }
}
