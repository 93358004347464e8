package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * UTF-8 without garbage. A surrogate without its partner is no character and has no UTF-8; it is written as U+FFFD, so
 * that it decodes to the mark that says "something unreadable was here" instead of to a plain question mark.
 */
final class Utf8 {
    /** The maximum of bytes that one {@code char} of a string can need. */
    static final int MAX_BYTES_PER_CHAR = 3;

    /** The maximum of bytes of one character. */
    static final int MAX_BYTES = 4;

    static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** How many bytes {@link #write} writes for all of {@code text}. */
    static long size(String text) {
        long size = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x800) {
                size += 2;
                if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++; // two chars, four bytes, and the second is counted
                }
            } else if (c >= 0x80) {
                size++;
            }
        }
        return size;
    }

    /** Bytes of one character, a surrogate without its partner included. */
    static int size(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint <= Character.MAX_VALUE ? 3 : 4;
    }

    /** Writes {@code text[start, end)} to {@code target} from {@code at} on and returns where it ends. */
    static int write(String text, int start, int end, byte[] target, int at) {
        int n = at;
        int i = start;
        while (i < end) {
            int c = text.charAt(i++);
            if (c < 0x80) {
                target[n++] = (byte) c;
            } else if (c < 0x800) {
                target[n++] = (byte) (0xC0 | (c >> 6));
                target[n++] = (byte) (0x80 | (c & 0x3F));
            } else if (Character.isHighSurrogate((char) c) && i < end && Character.isLowSurrogate(text.charAt(i))) {
                n = write(Character.toCodePoint((char) c, text.charAt(i++)), target, n);
            } else {
                n = write(Character.isSurrogate((char) c) ? REPLACEMENT : c, target, n);
            }
        }
        return n;
    }

    /** Writes a code point from U+0800 on. */
    private static int write(int codePoint, byte[] target, int at) {
        int n = at;
        if (codePoint > Character.MAX_VALUE) {
            target[n++] = (byte) (0xF0 | (codePoint >> 18));
            target[n++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
        } else {
            target[n++] = (byte) (0xE0 | (codePoint >> 12));
        }
        target[n++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
        target[n++] = (byte) (0x80 | (codePoint & 0x3F));
        return n;
    }

    /**
     * Whether text that somebody wrote may have this byte: the characters of Unicode's planes 4 to 11 are not assigned, and
     * control characters but for tabs and ends of lines mean nothing in a text. SmolLM2's vocabulary lacks some of them.
     */
    static boolean isWritten(byte b) {
        int unsigned = b & 0xFF;
        if (unsigned < ' ') {
            return unsigned == '\t' || unsigned == '\n' || unsigned == '\r';
        }
        return unsigned < 0xC0 || (unsigned >= 0xC2 && unsigned <= 0xF0) || unsigned == 0xF3 || unsigned == 0xF4;
    }

    static boolean isContinuation(byte b) {
        return (b & 0xC0) == 0x80;
    }

    /** Bytes of the character that starts with {@code lead}, in valid UTF-8. */
    static int length(byte lead) {
        return lead >= 0 ? 1 : lead < (byte) 0xE0 ? 2 : lead < (byte) 0xF0 ? 3 : 4;
    }

    /** The character that starts at {@code at}, in valid UTF-8. */
    static int codePoint(byte[] text, int at) {
        int lead = text[at];
        if (lead >= 0) {
            return lead;
        }
        if (lead < (byte) 0xE0) {
            return (lead & 0x1F) << 6 | text[at + 1] & 0x3F;
        }
        if (lead < (byte) 0xF0) {
            return (lead & 0x0F) << 12 | (text[at + 1] & 0x3F) << 6 | text[at + 2] & 0x3F;
        }
        return (lead & 0x07) << 18 | (text[at + 1] & 0x3F) << 12 | (text[at + 2] & 0x3F) << 6 | text[at + 3] & 0x3F;
    }

    /**
     * How many bytes from {@code at} on are the start of a character, or all of it: as many as the Unicode standard's
     * "maximal subpart" has, at least one. A whole character is {@link #isWhole}.
     */
    static int subpart(byte[] text, int at, int end) {
        int lead = text[at] & 0xFF;
        int length = lead < 0xC2 || lead > 0xF4 ? 1 : length((byte) lead);
        int n = 1;
        while (n < length && at + n < end) {
            int next = text[at + n] & 0xFF;
            // The second byte of some characters has a smaller range: no overlong forms, surrogates, or beyond Unicode.
            int min = n > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            int max = n > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            if (next < min || next > max) {
                break;
            }
            n++;
        }
        return n;
    }

    /** Whether a {@link #subpart} of {@code length} bytes that starts with {@code lead} is a character. */
    static boolean isWhole(byte lead, int length) {
        return lead >= 0 || ((lead & 0xFF) >= 0xC2 && (lead & 0xFF) <= 0xF4 && length == length(lead));
    }

    /** The first place in {@code text[start, end)} that is no UTF-8, or {@code end}. */
    static int firstInvalid(byte[] text, int start, int end) {
        int at = start;
        while (at < end) {
            if (text[at] >= 0) {
                at++;
                continue;
            }
            int length = subpart(text, at, end);
            if (!isWhole(text[at], length)) {
                return at;
            }
            at += length;
        }
        return end;
    }

    /** Appends {@code text[start, end)}, with U+FFFD for each maximal subpart that is no character. */
    static void append(byte[] text, int start, int end, StringBuilder out) {
        int from = start;
        while (from < end) {
            int invalid = firstInvalid(text, from, end);
            out.append(new String(text, from, invalid - from, UTF_8));
            from = invalid;
            if (from < end) {
                out.append(REPLACEMENT);
                from += subpart(text, from, end);
            }
        }
    }
}
