package io.maru.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns tokens into text as they arrive. A character may be spread over several tokens, so each call gives only whole
 * characters; all that the calls give, joined, is what {@link BpeTokenizer#decode} gives for the same ids.
 *
 * <p>For one thread and one text: after {@link #finish} it starts anew.
 */
public final class Utf8Stream {
    private final BpeTokenizer tokenizer;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    /** The start of a character whose other bytes have not arrived. */
    private byte[] pending = new byte[0];

    Utf8Stream(BpeTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * The characters that {@code id} completes, often none; U+FFFD for bytes that are no UTF-8.
     *
     * @throws IllegalArgumentException if the vocabulary has no such id
     */
    public String append(int id) {
        return decode(tokenizer.bytes(id), false);
    }

    /** What is left: U+FFFD if the last character is incomplete, otherwise nothing. */
    public String finish() {
        String rest = decode(new byte[0], true);
        decoder.reset();
        return rest;
    }

    private String decode(byte[] bytes, boolean last) {
        ByteBuffer in = ByteBuffer.allocate(pending.length + bytes.length)
                .put(pending)
                .put(bytes)
                .flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        decoder.decode(in, out, last);
        if (last) {
            decoder.flush(out);
        }
        pending = new byte[in.remaining()];
        in.get(pending);
        return out.flip().toString();
    }
}
