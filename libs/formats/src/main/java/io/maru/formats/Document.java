package io.maru.formats;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Pattern;

/**
 * One text of a corpus.
 *
 * @param id the first 32 hexadecimal digits of the SHA-256 of the text's UTF-8 bytes, so equal texts have equal ids
 * @param text well-formed Unicode, in the normal form NFC if {@link #of} made it
 */
public record Document(String id, String text) {
    /** The longest line of a document shard: id, text, and the escapes and punctuation of JSON, in bytes. */
    public static final int MAX_LINE_BYTES = 1 << 24;

    private static final int ID_DIGITS = 32;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{" + ID_DIGITS + "}");

    public Document {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "id: " + id + " (expected: " + ID_DIGITS + " lowercase hexadecimal digits)");
        }
        StrictJson.requireWellFormed(text, "text");
    }

    /** Normalises a text to NFC (Unicode Standard Annex 15) and names it by its digest. */
    public static Document of(String text) {
        StrictJson.requireWellFormed(text, "text");
        String normal = Normalizer.normalize(text, Normalizer.Form.NFC);
        return new Document(Sha256.of(normal.getBytes(StandardCharsets.UTF_8)).substring(0, ID_DIGITS), normal);
    }
}
