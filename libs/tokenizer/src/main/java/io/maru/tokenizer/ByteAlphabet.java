package io.maru.tokenizer;

import java.util.Arrays;

/**
 * The printable character that stands for each byte in a byte-level vocabulary.
 *
 * <p>Source: {@code bytes_to_unicode} of OpenAI's GPT-2 encoder. Printable Latin-1 bytes stand for themselves, the other
 * 68 take the characters from U+0100 on, so the space is U+0120 and a vocabulary file shows no control characters.
 */
final class ByteAlphabet {
    private static final int BYTES = 256;
    private static final char[] CHAR_OF_BYTE = new char[BYTES];
    /** Bytes in the order of their characters, which is the order of their ids in a trained vocabulary. */
    private static final byte[] BYTES_BY_CHAR = new byte[BYTES];

    private static final short[] BYTE_OF_CHAR;

    static {
        int printable = 0;
        for (int b = 0; b < BYTES; b++) {
            if (isPrintable(b)) {
                CHAR_OF_BYTE[b] = (char) b;
                BYTES_BY_CHAR[printable++] = (byte) b;
            }
        }
        int others = 0;
        for (int b = 0; b < BYTES; b++) {
            if (!isPrintable(b)) {
                CHAR_OF_BYTE[b] = (char) (BYTES + others);
                BYTES_BY_CHAR[printable + others] = (byte) b;
                others++;
            }
        }
        BYTE_OF_CHAR = new short[BYTES + others];
        Arrays.fill(BYTE_OF_CHAR, (short) -1);
        for (int b = 0; b < BYTES; b++) {
            BYTE_OF_CHAR[CHAR_OF_BYTE[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    private static boolean isPrintable(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    }

    /** All 256 bytes in the order of their characters. */
    static byte[] bytes() {
        return BYTES_BY_CHAR.clone();
    }

    static char toChar(byte b) {
        return CHAR_OF_BYTE[b & 0xFF];
    }

    /** Whether {@code token} is the character of one byte. */
    static boolean isByte(String token) {
        return token.length() == 1 && toBytes(token) != null;
    }

    static String write(byte[] bytes) {
        StringBuilder token = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            token.append(toChar(b));
        }
        return token.toString();
    }

    /** The bytes that {@code token} writes, or null if one of its characters stands for no byte. */
    static byte[] toBytes(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTE_OF_CHAR.length || BYTE_OF_CHAR[c] < 0) {
                return null;
            }
            bytes[i] = (byte) BYTE_OF_CHAR[c];
        }
        return bytes;
    }
}
