package io.maru.platform.name;

import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import java.util.Arrays;
import java.util.UUID;
import java.util.regex.Pattern;

/*
 * A name has two forms:
 *
 *     said by a caller          runs/r-1/checkpoints/train-500                        in the caller's own workspace
 *     held everywhere else      workspaces/default/runs/r-1/checkpoints/train-500     the full name
 *
 * Only the doors know the short form; they turn it into the full one at once.
 */
/**
 * The one name that a thing has everywhere: {@code workspaces/{workspace}/corpora/{corpus}} and so on. Since it is also a
 * prefix of object keys, its parts are plain: lowercase letters, digits and hyphens, at most 63, no hyphen at either end
 * (as in RFC 1035 labels, but a digit may come first).
 */
public final class ResourceName {
    public static final int MAX_REQUEST_ID = 128;

    private static final Pattern ID = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final String WORKSPACES = "workspaces/";

    private ResourceName() {}

    /**
     * The full name of what the caller calls {@code name}: a short name is one of the caller's own workspace.
     *
     * @param field what the caller calls it, for the message
     * @param patterns as in {@code runs/{run}/checkpoints/{checkpoint}}; the name must fit one of them
     * @throws io.maru.platform.error.Refusal INVALID_NAME where it fits none, PERMISSION_DENIED where it is full and of
     *     another workspace, whether or not there is such a thing
     */
    public static String full(String field, String name, String... patterns) {
        String own = Caller.current().workspace();
        if (!name.startsWith(WORKSPACES)) {
            return of(own, checked(field, name, name, patterns));
        }
        String[] parts = name.split("/", 3);
        checked(field, parts.length == 3 && isId(parts[1]) ? parts[2] : "", name, patterns);
        if (!parts[1].equals(own)) {
            throw CommonReason.PERMISSION_DENIED.because(
                    "%s: %s (expected: a name of your own workspace, %s)", field, quote(name), own);
        }
        return name;
    }

    private static String checked(String field, String relative, String name, String... patterns) {
        if (Arrays.stream(patterns).noneMatch(pattern -> fits(relative, pattern))) {
            throw CommonReason.INVALID_NAME.because(
                    "%s: %s (expected: %s)", field, quote(name), String.join(" or ", patterns));
        }
        return relative;
    }

    /** Whether a name, without its workspace, has the form of {@code pattern}, {@code runs/{run}} or {@code models/{model}@{alias}} say. */
    public static boolean fits(String relative, String pattern) {
        String[] wanted = pattern.split("/");
        String[] found = relative.split("/", -1);
        boolean fits = wanted.length == found.length;
        for (int i = 0; fits && i < wanted.length; i++) {
            fits = wanted[i].startsWith("{") ? fitsPart(found[i], wanted[i]) : wanted[i].equals(found[i]);
        }
        return fits;
    }

    /** Whether one part is an id, or as many as the pattern has, each with an @ between. */
    private static boolean fitsPart(String found, String pattern) {
        String[] ids = found.split("@", -1);
        return ids.length == pattern.split("@").length && Arrays.stream(ids).allMatch(ResourceName::isId);
    }

    /** Whether {@code text} can be one part of a name. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** The full name of {@code relative}, {@code runs/a} say, in a workspace. */
    public static String of(String workspace, String relative) {
        return WORKSPACES + workspace + "/" + relative;
    }

    /** The workspace of a full name; the default one where the name says none. */
    public static String workspace(String fullName) {
        return fullName.startsWith(WORKSPACES) ? fullName.split("/", 3)[1] : Caller.DEFAULT_WORKSPACE;
    }

    /** A full name without its workspace: {@code runs/a} of {@code workspaces/default/runs/a}. */
    public static String relative(String fullName) {
        return fullName.startsWith(WORKSPACES) ? fullName.split("/", 3)[2] : fullName;
    }

    /** The id that the caller chose, or a new one if it chose none. */
    public static String idOrNew(String field, String id) {
        if (id.isEmpty()) {
            return UUID.randomUUID().toString();
        }
        if (!isId(id)) {
            throw CommonReason.INVALID_NAME.because(
                    "%s: %s (expected: lowercase letters, digits and hyphens, 1 to 63)", field, quote(id));
        }
        return id;
    }

    /** The last part: {@code train-500} of {@code workspaces/default/runs/a/checkpoints/train-500}. */
    public static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** @throws io.maru.platform.error.Refusal INVALID_ARGUMENT where a request id is empty or too long */
    public static String checkRequestId(String requestId) {
        if (requestId.isBlank() || requestId.length() > MAX_REQUEST_ID) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "request_id: %s (expected: 1 to %d characters)", quote(requestId), MAX_REQUEST_ID);
        }
        return requestId;
    }

    private static String quote(String text) {
        return text.length() <= 200 ? '"' + text + '"' : '"' + text.substring(0, 200) + "…\"";
    }
}
