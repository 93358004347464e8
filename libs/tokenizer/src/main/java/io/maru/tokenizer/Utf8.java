package io.maru.tokenizer;

/**
 * UTF-8 without garbage. A surrogate without its partner is no character and has no UTF-8; it is written as U+FFFD, so
 * that it decodes to the mark that says "something unreadable was here" instead of to a plain question mark.
 */
final class Utf8 {
    /** Most bytes that one {@code char} of a string can need. */
    static final int MAX_BYTES_PER_CHAR = 3;

    private static final int REPLACEMENT = 0xFFFD;

    private Utf8() {}

    /** Writes {@code text[start, end)} to the front of {@code target} and returns the number of bytes. */
    static int write(String text, int start, int end, byte[] target) {
        int n = 0;
        for (int i = start; i < end; i++) {
            int c = text.charAt(i);
            if (c < 0x80) {
                target[n++] = (byte) c;
                continue;
            }
            if (c < 0x800) {
                target[n++] = (byte) (0xC0 | (c >> 6));
                target[n++] = (byte) (0x80 | (c & 0x3F));
                continue;
            }
            if (Character.isSurrogate((char) c)) {
                if (i + 1 < end && Character.isSurrogatePair((char) c, text.charAt(i + 1))) {
                    int codePoint = Character.toCodePoint((char) c, text.charAt(++i));
                    target[n++] = (byte) (0xF0 | (codePoint >> 18));
                    target[n++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
                    target[n++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
                    target[n++] = (byte) (0x80 | (codePoint & 0x3F));
                    continue;
                }
                c = REPLACEMENT;
            }
            target[n++] = (byte) (0xE0 | (c >> 12));
            target[n++] = (byte) (0x80 | ((c >> 6) & 0x3F));
            target[n++] = (byte) (0x80 | (c & 0x3F));
        }
        return n;
    }
}
