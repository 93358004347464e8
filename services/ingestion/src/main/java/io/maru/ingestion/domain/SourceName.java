package io.maru.ingestion.domain;

import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Which objects a corpus can be made of: the uploads and the inbox of its workspace. The full name is the object's key and
 * never a path of this machine.
 */
public final class SourceName {
    /** S3's limit for a key. */
    private static final int MAX_CHARACTERS = 1024;

    private static final Pattern UPLOAD = Pattern.compile("uploads/[0-9a-f]{32}");
    private static final Pattern INBOX = Pattern.compile("inbox(/[^/\\\\\\p{Cntrl}]+)+");

    private SourceName() {}

    /**
     * The full name of an upload or of an object below the inbox.
     *
     * @param workspace whose caller says {@code name}, which may be short
     * @throws io.maru.platform.error.Refusal INVALID_SOURCE where it is neither; PERMISSION_DENIED where it is another
     *     workspace's, whether or not there is such an object
     */
    public static String full(String workspace, String name) {
        boolean isFull = name.startsWith("workspaces/") && name.split("/", 3).length == 3;
        String relative = isFull ? ResourceName.relative(name) : name;
        boolean isInbox = INBOX.matcher(relative).matches()
                && Arrays.stream(relative.split("/")).noneMatch(part -> part.equals(".") || part.equals(".."));
        String full = ResourceName.of(workspace, relative);
        boolean fits = full.length() <= MAX_CHARACTERS
                && (isInbox || UPLOAD.matcher(relative).matches());
        if (!fits) {
            throw IngestionReason.INVALID_SOURCE.because(
                    "sources: \"%s\" (expected: uploads/{upload}, or the key of an object below inbox/)",
                    shortened(name));
        }
        if (isFull && !name.equals(full)) {
            throw CommonReason.PERMISSION_DENIED.because(
                    "sources: \"%s\" (expected: a name of your own workspace, %s)", shortened(name), workspace);
        }
        return full;
    }

    /** Whether the full name holds the content's digest. */
    public static boolean isUpload(String name) {
        return ResourceName.relative(name).startsWith("uploads/");
    }

    private static String shortened(String name) {
        return name.length() <= 200 ? name : name.substring(0, 200) + "…";
    }
}
