package io.maru.ingestion.domain;

import java.util.Arrays;
import java.util.regex.Pattern;

/** Which objects a corpus can be made of. The name is the object's key and never a path of this machine. */
public final class SourceName {
    /** S3's limit for a key. */
    private static final int MAX_CHARACTERS = 1024;

    private static final Pattern UPLOAD = Pattern.compile("uploads/[0-9a-f]{32}");
    private static final Pattern INBOX = Pattern.compile("inbox(/[^/\\\\\\p{Cntrl}]+)+");

    private SourceName() {}

    /**
     * The name, if it is an upload's or that of an object below the inbox.
     *
     * @throws io.maru.platform.error.Refusal INVALID_SOURCE where it is neither
     */
    public static String check(String name) {
        boolean isInbox = INBOX.matcher(name).matches()
                && Arrays.stream(name.split("/")).noneMatch(part -> part.equals(".") || part.equals(".."));
        boolean fits = name.length() <= MAX_CHARACTERS
                && (isInbox || UPLOAD.matcher(name).matches());
        if (!fits) {
            throw IngestionReason.INVALID_SOURCE.because(
                    "sources: \"%s\" (expected: uploads/{upload}, or the key of an object below inbox/)",
                    name.length() <= 200 ? name : name.substring(0, 200) + "…");
        }
        return name;
    }

    /** Whether the name holds the content's digest. */
    public static boolean isUpload(String name) {
        return name.startsWith("uploads/");
    }
}
