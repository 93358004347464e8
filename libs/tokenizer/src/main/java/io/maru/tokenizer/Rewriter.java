package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;

/** Rewrites each word that it is given, for a file in which that comes after a first cut. */
record Rewriter(Normalizer step) implements Splitter {
    @Override
    public void split(byte[] text, int start, int end, Words words) {
        String piece = new String(text, start, end - start, UTF_8);
        Normalizer.Traced traced = new Normalizer.Sequence(List.of(step)).trace(piece, false);
        int length = Math.toIntExact(Utf8.size(traced.text()));
        byte[] result = new byte[length + WordCache.PADDING];
        Utf8.write(traced.text(), 0, traced.text().length(), result, 0);
        int[] byteAt = new int[piece.length() + 1];
        int at = start;
        for (int i = 0; i < piece.length(); i++) {
            byteAt[i] = at;
            boolean isSecond = i > 0 && Character.isSurrogatePair(piece.charAt(i - 1), piece.charAt(i));
            at += isSecond ? 0 : Utf8.length(text[at]);
        }
        byteAt[piece.length()] = at;
        int[] places = new int[length];
        int to = 0;
        int next;
        for (int i = 0; i < traced.text().length(); i = next) {
            int codePoint = traced.text().codePointAt(i);
            next = i + Character.charCount(codePoint);
            int place = byteAt[traced.starts()[i]];
            boolean isPut = traced.starts()[i] == traced.ends()[next - 1];
            Arrays.fill(places, to, to + Utf8.size(codePoint), isPut ? ~place : place);
            to += Utf8.size(codePoint);
        }
        words.rewritten(text, start, end, result, places);
        if (length > 0) {
            words.word(result, 0, length);
        }
    }
}
