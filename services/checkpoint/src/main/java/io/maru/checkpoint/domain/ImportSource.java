package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Where an operator has put a model: objects of the store below the inbox of the workspace, never a path of this machine. */
public final class ImportSource {
    /** S3's limit for a key. */
    private static final int MAX_CHARACTERS = 1024;

    private static final Pattern INBOX = Pattern.compile("inbox(/[^/\\\\\\p{Cntrl}]+)+");
    private static final String GGUF = ".gguf";

    private ImportSource() {}

    /**
     * The full name of a folder, or of a GGUF file, below the inbox.
     *
     * @param workspace whose caller says {@code name}, which may be short
     * @throws io.maru.platform.error.Refusal INVALID_SOURCE where it is no such name; PERMISSION_DENIED where it is another
     *     workspace's, whether or not there is such an object
     */
    public static String full(String workspace, String name) {
        boolean isFull = name.startsWith("workspaces/") && name.split("/", 3).length == 3;
        String relative = isFull ? ResourceName.relative(name) : name;
        String full = ResourceName.of(workspace, relative);
        boolean fits = full.length() <= MAX_CHARACTERS
                && INBOX.matcher(relative).matches()
                && Arrays.stream(relative.split("/")).noneMatch(part -> part.equals(".") || part.equals(".."));
        if (!fits) {
            throw CheckpointReason.INVALID_SOURCE.because(
                    "source: \"%s\" (expected: inbox/ and a folder, or a file that ends with %s)",
                    shortened(name), GGUF);
        }
        if (isFull && !name.equals(full)) {
            throw CommonReason.PERMISSION_DENIED.because(
                    "source: \"%s\" (expected: a name of your own workspace, %s)", shortened(name), workspace);
        }
        return full;
    }

    /** Whether the name is that of one file, and not of a folder. */
    public static boolean isFile(String source) {
        return source.endsWith(GGUF);
    }

    private static String shortened(String name) {
        String shown = name.replaceAll("\\p{Cntrl}", "?");
        return shown.length() <= 200 ? shown : shown.substring(0, 200) + "…";
    }
}
