package io.maru.formats;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Pattern;

/**
 * One text of a corpus.
 *
 * @param id the first 32 hexadecimal digits of the SHA-256 of the text's UTF-8 bytes, so equal texts have equal ids
 * @param kind what kind of text it is, as in {@code prose}: lowercase letters, digits and hyphens; empty where nobody said
 * @param text well-formed Unicode, in the normal form NFC if {@link #of} made it
 */
public record Document(String id, String kind, String text) {
    /** The longest line of a document shard: id, kind, text, and the escapes and punctuation of JSON, in bytes. */
    public static final int MAX_LINE_BYTES = 1 << 24;

    public static final int MAX_KIND_LENGTH = 32;

    private static final int ID_DIGITS = 32;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{" + ID_DIGITS + "}");
    private static final Pattern KIND = Pattern.compile("[a-z0-9][a-z0-9-]{0," + (MAX_KIND_LENGTH - 1) + "}");

    public Document {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "id: " + id + " (expected: " + ID_DIGITS + " lowercase hexadecimal digits)");
        }
        if (!kind.isEmpty() && !isKind(kind)) {
            throw new IllegalArgumentException("kind: " + kind + " (expected: at most " + MAX_KIND_LENGTH
                    + " lowercase letters, digits and hyphens, a hyphen not first)");
        }
        StrictJson.requireWellFormed(text, "text");
    }

    /** Whether a kind may be called this; the empty text is no kind. */
    public static boolean isKind(String kind) {
        return KIND.matcher(kind).matches();
    }

    /** A text of which nobody said what kind it is. */
    public static Document of(String text) {
        return of("", text);
    }

    /** Normalises a text to NFC (Unicode Standard Annex 15) and names it by its digest. */
    public static Document of(String kind, String text) {
        StrictJson.requireWellFormed(text, "text");
        String normal = Normalizer.normalize(text, Normalizer.Form.NFC);
        String id = Sha256.of(normal.getBytes(StandardCharsets.UTF_8)).substring(0, ID_DIGITS);
        return new Document(id, kind, normal);
    }
}
