package io.maru.tokenizer;

import java.util.Arrays;

/**
 * Token ids to text.
 *
 * <p>A vocabulary of bytes joins its tokens' bytes; each maximal subpart that is no UTF-8 becomes U+FFFD, as
 * Hugging Face's and the Unicode standard's recommendation is. One of characters has {@code <0xAB>} for single bytes: a
 * run of those that is no UTF-8 becomes U+FFFD once a byte.
 */
final class Decoder {
    /** What is dropped at the start of a text. */
    enum Start {
        NOTHING,
        /** One space. */
        SPACE,
        /** All spaces that the first token starts with or holds. */
        SPACES_OF_FIRST_TOKEN
    }

    private final byte[][] bytes;
    /** Whether a token is {@code <0xAB>}; null for a vocabulary of bytes. */
    private final boolean[] singleBytes;

    private final Start start;
    private final boolean spaces;

    /**
     * @param singleBytes whether a token is {@code <0xAB>}; null for a vocabulary of bytes
     * @param spaces whether a space is written between two tokens
     */
    Decoder(byte[][] bytes, boolean[] singleBytes, Start start, boolean spaces) {
        this.bytes = bytes;
        this.singleBytes = singleBytes;
        this.start = start;
        this.spaces = spaces;
    }

    int size() {
        return bytes.length;
    }

    byte[] bytes(int id) {
        if (id < 0 || id >= bytes.length) {
            throw new IllegalArgumentException("id: " + id + " (expected: 0 to " + (bytes.length - 1) + ")");
        }
        return bytes[id];
    }

    boolean isSingleByte(int id) {
        return singleBytes != null && singleBytes[id];
    }

    boolean hasSingleBytes() {
        return singleBytes != null;
    }

    Start start() {
        return start;
    }

    /** What {@code id} adds to a text, of which it is the first token or not. */
    byte[] bytes(int id, boolean first) {
        byte[] token = bytes(id);
        if (first && start == Start.SPACES_OF_FIRST_TOKEN) {
            return withoutSpaces(token);
        }
        if (spaces && !first && token.length > 0) {
            byte[] spaced = new byte[token.length + 1];
            spaced[0] = ' ';
            System.arraycopy(token, 0, spaced, 1, token.length);
            return spaced;
        }
        return token;
    }

    String decode(int[] ids) {
        int[] shown = Arrays.stream(ids).filter(id -> bytes(id).length > 0).toArray();
        int length = 0;
        for (int id : shown) {
            length = Math.addExact(length, bytes[id].length + (spaces ? 1 : 0));
        }
        byte[] joined = new byte[length];
        StringBuilder text = new StringBuilder();
        int end = 0;
        int runStart = 0;
        boolean run = false;
        for (int i = 0; i < shown.length; i++) {
            byte[] token = bytes(shown[i], i == 0);
            if (isSingleByte(shown[i]) != run) {
                appendRun(joined, runStart, end, run, text);
                runStart = end;
                run = !run;
            }
            System.arraycopy(token, 0, joined, end, token.length);
            end += token.length;
        }
        appendRun(joined, runStart, end, run, text);
        if (start == Start.SPACE && text.length() > 0 && text.charAt(0) == ' ') {
            text.deleteCharAt(0);
        }
        return text.toString();
    }

    private static void appendRun(byte[] joined, int from, int to, boolean ofSingleBytes, StringBuilder text) {
        if (ofSingleBytes && Utf8.firstInvalid(joined, from, to) < to) {
            text.append(String.valueOf(Utf8.REPLACEMENT).repeat(to - from));
        } else {
            Utf8.append(joined, from, to, text);
        }
    }

    private static byte[] withoutSpaces(byte[] token) {
        byte[] kept = new byte[token.length];
        int size = 0;
        for (byte b : token) {
            if (b != ' ') {
                kept[size++] = b;
            }
        }
        return Arrays.copyOf(kept, size);
    }
}
