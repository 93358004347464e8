package io.maru.ingestion.domain;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.maru.platform.error.Refusal;
import java.util.Locale;

/**
 * Decides byte by byte whether a file is text: well-formed UTF-8 (Unicode 16, table 3-7), no control characters but tab,
 * line feed, carriage return and form feed, something in it. It needs no more memory for a long file than for a short one,
 * and refuses at the first wrong byte. What {@link FileSignature} recognises is refused as what it is.
 *
 * <p>A refusal names the line, counted from 1, and the byte offset in the file, counted from 0. For an ill-formed
 * character that is the offset of its first byte.
 *
 * <pre>
 *   41 0a ed a0 80      line 2, byte offset 2: ed a0 would start a surrogate
 *         ^^
 * </pre>
 */
public final class TextCheck {
    /** Stands between documents in files such as TinyStories. */
    public static final String SEPARATOR = "<|endoftext|>";

    private static final byte[] SEPARATOR_BYTES = SEPARATOR.getBytes(US_ASCII);
    private static final int BYTE_ORDER_MARK = 0xFEFF;

    private final String file;
    private final long maxBytes;
    private final FileSignature signature = new FileSignature();

    private long offset;
    private long lines;
    private long lineStart;
    private boolean hasInk;
    private int separatorMatched;
    private boolean separated;

    // Within a character of several bytes: how many are to come, what the next may be, where it began.
    private int missing;
    private int minByte;
    private int maxByte;
    private int codePoint;
    private long characterStart;

    /**
     * @param file what messages call the file
     * @param maxBytes of the whole file
     */
    public TextCheck(String file, long maxBytes) {
        this.file = file;
        this.maxBytes = maxBytes;
    }

    /**
     * Looks at the next piece of the file.
     *
     * @throws Refusal at the first byte that no text has
     */
    public void accept(byte[] bytes, int from, int to) {
        signature.accept(bytes, from, to);
        signature.document().ifPresent(document -> {
            throw named(document);
        });
        for (int i = from; i < to; i++) {
            int b = bytes[i] & 0xFF;
            if (offset >= maxBytes) {
                throw IngestionReason.FILE_TOO_LARGE.because(
                        "%s: more than %d bytes (expected: at most that)", file, maxBytes);
            }
            if (missing > 0) {
                continueCharacter(b);
            } else if (b >= 0x80) {
                startCharacter(b);
            } else {
                ascii(b);
            }
            offset++;
        }
    }

    private void ascii(int b) {
        if (b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f') {
            throw signature
                    .found()
                    .map(this::named)
                    .orElseGet(() -> IngestionReason.NOT_TEXT.because(
                            "%s: %s: control byte 0x%02x (expected: text, whose only control characters are tab, line"
                                    + " feed, carriage return and form feed)",
                            file, place(offset), b));
        }
        if (b > ' ') {
            hasInk = true;
        }
        // The separator's first character comes in it only once, so a mismatch can only start it anew.
        if (b == SEPARATOR_BYTES[separatorMatched]) {
            separatorMatched++;
            if (separatorMatched == SEPARATOR_BYTES.length) {
                separated = true;
                separatorMatched = 0;
            }
        } else {
            separatorMatched = b == SEPARATOR_BYTES[0] ? 1 : 0;
        }
        if (b == '\n') {
            lines++;
            lineStart = offset + 1;
        }
    }

    private void startCharacter(int b) {
        separatorMatched = 0;
        characterStart = offset;
        minByte = 0x80;
        maxByte = 0xBF;
        if (b >= 0xC2 && b <= 0xDF) {
            missing = 1;
            codePoint = b & 0x1F;
        } else if (b >= 0xE0 && b <= 0xEF) {
            missing = 2;
            codePoint = b & 0x0F;
            // Shorter forms, then surrogates.
            if (b == 0xE0) {
                minByte = 0xA0;
            } else if (b == 0xED) {
                maxByte = 0x9F;
            }
        } else if (b >= 0xF0 && b <= 0xF4) {
            missing = 3;
            codePoint = b & 0x07;
            // Shorter forms, then what is beyond U+10FFFF.
            if (b == 0xF0) {
                minByte = 0x90;
            } else if (b == 0xF4) {
                maxByte = 0x8F;
            }
        } else {
            throw illFormed(String.format(Locale.ROOT, "byte 0x%02x", b));
        }
    }

    private void continueCharacter(int b) {
        if (b < minByte || b > maxByte) {
            throw illFormed(String.format(Locale.ROOT, "byte 0x%02x within a character of several bytes", b));
        }
        codePoint = (codePoint << 6) | (b & 0x3F);
        minByte = 0x80;
        maxByte = 0xBF;
        missing--;
        if (missing == 0 && !hasInk) {
            hasInk = !Character.isWhitespace(codePoint)
                    && !Character.isSpaceChar(codePoint)
                    && !(codePoint == BYTE_ORDER_MARK && characterStart == 0);
        }
    }

    /**
     * The file is complete.
     *
     * @throws Refusal if it ends within a character, or is empty
     */
    public Result end() {
        if (missing > 0) {
            throw illFormed("the file's end within a character of several bytes");
        }
        if (!hasInk) {
            throw IngestionReason.FILE_EMPTY.because(
                    "%s: %s (expected: text)",
                    file, offset == 0 ? "no bytes" : offset + " bytes of nothing but white space");
        }
        return new Result(offset, offset == lineStart ? lines : lines + 1, separated);
    }

    private Refusal illFormed(String found) {
        return signature
                .found()
                .map(this::named)
                .orElseGet(() -> IngestionReason.NOT_UTF8.because(
                        "%s: %s: %s (expected: valid UTF-8; a text in another encoding is saved as UTF-8 first)",
                        file, place(characterStartOr(offset)), found));
    }

    private Refusal named(FileSignature.Found found) {
        return found.reason().because("%s: %s (expected: text in UTF-8; %s)", file, found.what(), found.wayOut());
    }

    private long characterStartOr(long here) {
        return missing > 0 ? characterStart : here;
    }

    private String place(long at) {
        return String.format(Locale.ROOT, "line %d (counted from 1), byte offset %d (counted from 0)", lines + 1, at);
    }

    /**
     * What is known of a file that is text.
     *
     * @param size in bytes
     * @param lines the last one counts though it may lack its line feed
     * @param separated whether {@link #SEPARATOR} is in it
     */
    public record Result(long size, long lines, boolean separated) {}
}
