package io.maru.inference.domain;

import io.maru.platform.name.ResourceName;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A Hugging Face directory in the object store. Immutable, so its manifest's digest says all of its content.
 *
 * @param name full name of a model version or of a checkpoint, also the prefix of its object keys
 * @param manifestSha256 64 lowercase hexadecimal digits
 */
public record ModelVersion(String name, String manifestSha256, List<File> files) {
    /** They become names of local files, so they must not lead anywhere else. */
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public ModelVersion {
        require(SHA256, manifestSha256, name + ": manifest_sha256");
        files = List.copyOf(files);
    }

    /** The id of the workspace that it is in. */
    public String workspace() {
        return ResourceName.workspace(name);
    }

    private static void require(Pattern pattern, String text, String what) {
        if (!pattern.matcher(text).matches()) {
            throw InferenceReason.MODEL_UNUSABLE.because("%s: \"%s\" (expected: %s)", what, text, pattern);
        }
    }

    /** @param size in bytes */
    public record File(String name, long size, String sha256) {
        public File {
            require(FILE_NAME, name, "file_name");
            require(SHA256, sha256, name + ": sha256");
        }
    }
}
