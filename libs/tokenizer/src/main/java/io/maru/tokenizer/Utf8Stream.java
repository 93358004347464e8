package io.maru.tokenizer;

import java.util.Arrays;

/**
 * Turns tokens into text as they arrive. A character may be spread over several tokens, so each call gives only whole
 * characters; all that the calls give, joined, is what {@link BpeTokenizer#decode} gives for the same ids. Only where
 * single-byte tokens of a character vocabulary are no UTF-8 can the two differ in which of them are U+FFFD, since
 * {@code decode} looks at all of a run and a stream does not wait for its end.
 *
 * <p>For one thread and one text: after {@link #finish} it starts anew.
 */
public final class Utf8Stream {
    private final Decoder decoder;
    /** The start of a character whose other bytes have not arrived. */
    private byte[] pending = new byte[0];

    private boolean pendingIsSingle;
    /** Whether a token has come that shows. */
    private boolean tokens;
    /** Whether a character has come. */
    private boolean started;

    Utf8Stream(Decoder decoder) {
        this.decoder = decoder;
    }

    /**
     * The characters that {@code id} completes, often none; U+FFFD for bytes that are no UTF-8.
     *
     * @throws IllegalArgumentException if the vocabulary has no such id
     */
    public String append(int id) {
        byte[] token = decoder.bytes(id);
        if (token.length == 0) {
            return "";
        }
        boolean single = decoder.isSingleByte(id);
        token = decoder.bytes(id, !tokens);
        tokens = true;
        StringBuilder text = new StringBuilder();
        if (decoder.hasSingleBytes() && single != pendingIsSingle) {
            replacePending(text);
        }
        pendingIsSingle = single;
        int length = pending.length;
        byte[] bytes = Arrays.copyOf(pending, length + token.length);
        System.arraycopy(token, 0, bytes, length, token.length);
        int from = 0;
        while (from < bytes.length) {
            int invalid = Utf8.firstInvalid(bytes, from, bytes.length);
            Utf8.append(bytes, from, invalid, text);
            from = invalid;
            if (from < bytes.length) {
                int subpart = Utf8.subpart(bytes, from, bytes.length);
                if (from + subpart == bytes.length && canGoOn(bytes, from)) {
                    break;
                }
                text.append(String.valueOf(Utf8.REPLACEMENT).repeat(single ? subpart : 1));
                from += subpart;
            }
        }
        pending = Arrays.copyOfRange(bytes, from, bytes.length);
        return withoutStart(text);
    }

    /** What is left: U+FFFD if the last character is incomplete, otherwise nothing. */
    public String finish() {
        StringBuilder text = new StringBuilder();
        replacePending(text);
        String rest = withoutStart(text);
        started = false;
        tokens = false;
        pendingIsSingle = false;
        return rest;
    }

    /** Whether more bytes can make a character of those from {@code at} on, which are a subpart of one. */
    private static boolean canGoOn(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        return lead >= 0xC2 && lead <= 0xF4;
    }

    private void replacePending(StringBuilder text) {
        if (pending.length > 0) {
            text.append(String.valueOf(Utf8.REPLACEMENT).repeat(pendingIsSingle ? pending.length : 1));
            pending = new byte[0];
        }
    }

    private String withoutStart(StringBuilder text) {
        if (!started && text.length() > 0) {
            started = true;
            if (decoder.start() == Decoder.Start.SPACE && text.charAt(0) == ' ') {
                text.deleteCharAt(0);
            }
        }
        return text.toString();
    }
}
