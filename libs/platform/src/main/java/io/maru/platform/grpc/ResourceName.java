package io.maru.platform.grpc;

import io.maru.platform.error.CommonReason;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The one name that a thing has everywhere: {@code corpora/{corpus}}, {@code runs/{run}/checkpoints/{step}} and so on.
 * Since it is also a prefix of object keys, its parts are plain: lowercase letters, digits and hyphens, at most 63, no
 * hyphen at either end (as in RFC 1035 labels, but a digit may come first).
 */
public final class ResourceName {
    private static final Pattern ID = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    public static final int MOST_REQUEST_ID = 128;

    private ResourceName() {}

    /**
     * The name if it fits the pattern.
     *
     * @param field what the caller calls it, for the message
     * @param pattern as in {@code runs/{run}/checkpoints/{step}}
     * @throws io.maru.platform.error.Refusal INVALID_NAME where it does not
     */
    public static String check(String field, String name, String pattern) {
        String[] wanted = pattern.split("/");
        String[] found = name.split("/", -1);
        boolean fits = wanted.length == found.length;
        for (int i = 0; fits && i < wanted.length; i++) {
            fits = wanted[i].startsWith("{") ? ID.matcher(found[i]).matches() : wanted[i].equals(found[i]);
        }
        if (!fits) {
            throw CommonReason.INVALID_NAME.because("%s: %s (expected: %s)", field, quote(name), pattern);
        }
        return name;
    }

    /** The id that the caller chose, or a new one if it chose none. */
    public static String idOrNew(String field, String id) {
        if (id.isEmpty()) {
            return UUID.randomUUID().toString();
        }
        if (!ID.matcher(id).matches()) {
            throw CommonReason.INVALID_NAME.because(
                    "%s: %s (expected: lowercase letters, digits and hyphens, 1 to 63)", field, quote(id));
        }
        return id;
    }

    /** The last part: {@code 500} of {@code runs/a/checkpoints/500}. */
    public static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** @throws io.maru.platform.error.Refusal INVALID_ARGUMENT where a request id is empty or too long */
    public static String checkRequestId(String requestId) {
        if (requestId.isBlank() || requestId.length() > MOST_REQUEST_ID) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "request_id: %s (expected: 1 to %d characters)", quote(requestId), MOST_REQUEST_ID);
        }
        return requestId;
    }

    private static String quote(String text) {
        return text.length() <= 200 ? '"' + text + '"' : '"' + text.substring(0, 200) + "…\"";
    }
}
