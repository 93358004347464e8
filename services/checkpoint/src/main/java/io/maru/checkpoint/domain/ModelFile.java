package io.maru.checkpoint.domain;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.regex.Pattern;

/**
 * A file of a model that was made elsewhere.
 *
 * @param fileName its name in the directory that it came from, without any folder
 * @param size in bytes
 * @param sha256 lowercase hexadecimal
 */
public record ModelFile(String fileName, long size, String sha256) {
    private static final int MAX_NAME = 255;
    private static final Pattern OUTSIDE = Pattern.compile("[/\\\\\\p{Cntrl}]");

    /** @throws io.maru.platform.error.Refusal INVALID_FILE_NAME, INVALID_ARGUMENT */
    public ModelFile {
        requireName(fileName);
        try {
            // It refuses a size or digest that is none.
            new SealedFile(size, sha256);
        } catch (IllegalArgumentException e) {
            throw CommonReason.INVALID_ARGUMENT.because("%s: %s", fileName, e.getMessage());
        }
    }

    /** @throws io.maru.platform.error.Refusal INVALID_FILE_NAME where it is no name of a file beside others */
    public static void requireName(String fileName) {
        boolean fits = !fileName.isBlank()
                && fileName.getBytes(UTF_8).length <= MAX_NAME
                && !OUTSIDE.matcher(fileName).find()
                && !fileName.equals(".")
                && !fileName.equals("..");
        if (!fits) {
            // What it is must not be able to write lines of its own into messages.
            String shown = fileName.replaceAll("\\p{Cntrl}", "?");
            throw CheckpointReason.INVALID_FILE_NAME.because(
                    "file_name: \"%s\" (expected: 1 to %d bytes, no folder)",
                    shown.length() <= 100 ? shown : shown.substring(0, 100) + "…", MAX_NAME);
        }
    }

    /** What its bytes must be. */
    public SealedFile content() {
        return new SealedFile(size, sha256);
    }

    /** The name, and the object key, of such a file's bytes in a workspace. */
    public String name(String workspace) {
        return ResourceName.of(workspace, "modelFiles/" + sha256);
    }
}
