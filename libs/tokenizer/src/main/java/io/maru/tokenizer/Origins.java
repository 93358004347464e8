package io.maru.tokenizer;

import java.util.Arrays;

/** Tells where in a text the tokens of one encoding come from, as places of its {@code char}s. */
final class Origins {
    /** Holds for each byte of the text the start and the end of its character. */
    private final int[] textStarts;

    private final int[] textEnds;
    /** The same of each byte of the normalised piece at hand. */
    private int[] normalizedStarts = new int[0];

    private int[] normalizedEnds = new int[0];

    private int[] tokenStarts = new int[64];
    private int[] tokenEnds = new int[64];
    private int size;

    Origins(String text) {
        int bytes = Math.toIntExact(Utf8.size(text));
        textStarts = new int[bytes];
        textEnds = new int[bytes];
        int at = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            int end = i + Character.charCount(codePoint);
            int next = at + Utf8.size(codePoint);
            Arrays.fill(textStarts, at, next, i);
            Arrays.fill(textEnds, at, next, end);
            at = next;
            i = end;
        }
    }

    /**
     * A piece has been normalised.
     *
     * @param start its first byte in the text
     * @param from the place in the piece that each {@code char} comes from, or {@code ~place} if it was put before that
     */
    void normalized(int start, String piece, int[] from) {
        int bytes = Math.toIntExact(Utf8.size(piece));
        normalizedStarts = new int[bytes];
        normalizedEnds = new int[bytes];
        int at = 0;
        for (int i = 0; i < piece.length(); ) {
            int codePoint = piece.codePointAt(i);
            int chars = Character.charCount(codePoint);
            int next = at + Utf8.size(codePoint);
            boolean inserted = from[i] < 0;
            int place = textStarts[start] + (inserted ? ~from[i] : from[i]);
            Arrays.fill(normalizedStarts, at, next, place);
            Arrays.fill(normalizedEnds, at, next, inserted ? place : place + chars);
            at = next;
            i += chars;
        }
    }

    /** A token that stands for {@code [start, end)} of the text's bytes, or of the normalised piece's. */
    void token(int start, int end, boolean inText) {
        int[] starts = inText ? textStarts : normalizedStarts;
        int[] ends = inText ? textEnds : normalizedEnds;
        if (size == tokenStarts.length) {
            tokenStarts = Arrays.copyOf(tokenStarts, 2 * size);
            tokenEnds = Arrays.copyOf(tokenEnds, 2 * size);
        }
        tokenStarts[size] = starts[start];
        tokenEnds[size] = ends[end - 1];
        size++;
    }

    /** The tokens {@code ids[first, last)} of a word. */
    void word(byte[] bytes, int start, int end, int[] ids, int first, int last, EncodingRules rules, boolean inText) {
        int at = start;
        for (int i = first; i < last; i++) {
            int length = rules.lengths()[ids[i]];
            int next = length > 0 ? at + length : rules.alphabet().unknownEnd(bytes, at, end);
            token(at, next, inText);
            at = next;
        }
    }

    Encoding encoding(int[] ids) {
        return new Encoding(ids, Arrays.copyOf(tokenStarts, size), Arrays.copyOf(tokenEnds, size));
    }
}
