package io.maru.checkpoint.domain;

import static java.util.Objects.requireNonNull;

import io.maru.formats.Manifest;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A model that can be served: a Hugging Face directory. Immutable but for what people say of it.
 *
 * @param manifest lists the files, and is stored beside them
 * @param state what is known of the files
 * @param aliases that name it now
 * @param sequence grows with each version of any model
 */
public record ModelVersion(
        ModelVersionName name,
        Origin origin,
        Manifest manifest,
        State state,
        Description description,
        List<String> aliases,
        Instant createTime,
        long sequence) {
    /** What its manifest calls itself. */
    public static final String KIND = "model";

    private static final int MAX_FILES = 1_000;

    /** What is known of the files. */
    public enum State {
        ACTIVE,
        /** A file's bytes are not those that were published. */
        CORRUPT
    }

    public ModelVersion {
        requireNonNull(name, "name");
        requireNonNull(origin, "origin");
        requireNonNull(manifest, "manifest");
        requireNonNull(createTime, "createTime");
        aliases = List.copyOf(aliases);
    }

    /** Makes the manifest of files that are any but the manifest itself. */
    public static Manifest manifest(List<Manifest.Entry> files) {
        if (files.isEmpty() || files.size() > MAX_FILES) {
            throw new IllegalArgumentException(files.size() + " files (expected: 1 to " + MAX_FILES + ")");
        }
        files.forEach(file -> {
            if (file.key().equals(CheckpointFile.MANIFEST)) {
                throw new IllegalArgumentException(CheckpointFile.MANIFEST + ": a file (expected: another name)");
            }
        });
        return new Manifest(KIND, Map.of(), files);
    }
}
