package io.maru.checkpoint.domain;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What people say of a model version.
 *
 * @param labels by key
 * @param note a few words
 */
public record Description(Map<String, String> labels, String note) {
    public static final Description NONE = new Description(Map.of(), "");

    private static final int MAX_LABELS = 64;
    private static final int MAX_VALUE = 255;
    private static final int MAX_NOTE = 4_096;
    private static final Pattern KEY = Pattern.compile("[a-z0-9]([a-z0-9./-]{0,61}[a-z0-9])?");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    /** @throws io.maru.platform.error.Refusal INVALID_LABEL */
    public Description {
        if (labels.size() > MAX_LABELS) {
            throw CheckpointReason.INVALID_LABEL.because(
                    "labels: %d (expected: at most %d)", labels.size(), MAX_LABELS);
        }
        labels.forEach((key, value) -> {
            if (!KEY.matcher(key).matches()) {
                throw CheckpointReason.INVALID_LABEL.because(
                        "labels: \"%s\" (expected: lowercase letters, digits, hyphens, dots and slashes, at most 63)",
                        key.length() <= 100 ? key : key.substring(0, 100) + "…");
            }
            if (value.length() > MAX_VALUE || CONTROL.matcher(value).find()) {
                throw CheckpointReason.INVALID_LABEL.because(
                        "labels: %s: %d characters (expected: at most %d, none of control)",
                        key, value.length(), MAX_VALUE);
            }
        });
        if (note.length() > MAX_NOTE || note.indexOf('\0') >= 0) {
            throw CheckpointReason.INVALID_LABEL.because(
                    "note: %d characters (expected: at most %d of text)", note.length(), MAX_NOTE);
        }
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
    }
}
