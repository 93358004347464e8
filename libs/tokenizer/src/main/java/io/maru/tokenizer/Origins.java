package io.maru.tokenizer;

import java.util.Arrays;
import java.util.IdentityHashMap;

/** Tells where in a text the tokens of one encoding come from, as places of its {@code char}s. */
final class Origins {
    /** Holds for each byte of a text the start and the end of its character in the text that was given. */
    private record Places(int[] starts, int[] ends) {}

    /** By the array that holds a text: that which was given, and what it became. */
    private final IdentityHashMap<byte[], Places> places = new IdentityHashMap<>();

    private int[] tokenStarts = new int[64];
    private int[] tokenEnds = new int[64];
    private int size;

    /** @param utf8 holds {@code text} */
    Origins(String text, byte[] utf8) {
        int bytes = Math.toIntExact(Utf8.size(text));
        int[] starts = new int[bytes];
        int[] ends = new int[bytes];
        int at = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            int end = i + Character.charCount(codePoint);
            int next = at + Utf8.size(codePoint);
            Arrays.fill(starts, at, next, i);
            Arrays.fill(ends, at, next, end);
            at = next;
            i = end;
        }
        places.put(utf8, new Places(starts, ends));
    }

    /** The piece that starts at byte {@code start} of {@code from} has become {@code to}. */
    void normalized(byte[] from, int start, String piece, byte[] to, Normalizer.Traced traced) {
        Places old = places.get(from);
        int[] byteAt = new int[piece.length() + 1];
        int at = start;
        for (int i = 0; i < piece.length(); i++) {
            boolean isSecond = i > 0 && Character.isSurrogatePair(piece.charAt(i - 1), piece.charAt(i));
            byteAt[i] = isSecond ? byteAt[i - 1] : at;
            at += isSecond ? 0 : Utf8.length(from[at]);
        }
        int bytes = Math.toIntExact(Utf8.size(traced.text()));
        int[] starts = new int[bytes];
        int[] ends = new int[bytes];
        int done = 0;
        int next;
        for (int i = 0; i < traced.text().length(); i = next) {
            int codePoint = traced.text().codePointAt(i);
            next = i + Character.charCount(codePoint);
            int first = traced.starts()[i];
            int last = traced.ends()[next - 1];
            int textStart = first < piece.length()
                    ? old.starts[byteAt[first]]
                    : piece.isEmpty() ? 0 : old.ends[byteAt[piece.length() - 1]];
            int textEnd = last > first ? old.ends[byteAt[last - 1]] : textStart;
            Arrays.fill(starts, done, done + Utf8.size(codePoint), textStart);
            Arrays.fill(ends, done, done + Utf8.size(codePoint), textEnd);
            done += Utf8.size(codePoint);
        }
        places.put(to, new Places(starts, ends));
    }

    /** For each byte of {@code to} the byte of {@code from} that it comes from, or {@code ~byte} if it was put before that. */
    void rewritten(byte[] from, byte[] to, int[] bytes) {
        Places old = places.get(from);
        int[] starts = new int[bytes.length];
        int[] ends = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            int at = bytes[i] < 0 ? ~bytes[i] : bytes[i];
            starts[i] = old.starts[Math.min(at, old.starts.length - 1)];
            ends[i] = bytes[i] < 0 ? starts[i] : old.ends[at];
        }
        places.put(to, new Places(starts, ends));
    }

    /** A token that stands for {@code [start, end)} of a text. */
    void token(byte[] text, int start, int end) {
        Places of = places.get(text);
        if (size == tokenStarts.length) {
            tokenStarts = Arrays.copyOf(tokenStarts, 2 * size);
            tokenEnds = Arrays.copyOf(tokenEnds, 2 * size);
        }
        tokenStarts[size] = of.starts[start];
        tokenEnds[size] = of.ends[end - 1];
        size++;
    }

    /** The tokens {@code ids[first, last)} of a word. */
    void word(byte[] bytes, int start, int end, int[] ids, int first, int last, EncodingRules rules) {
        int at = start;
        for (int i = first; i < last; i++) {
            // What is unknown and has no token is passed over.
            at = rules.alphabet().skip(bytes, at, end);
            int length = rules.lengths()[ids[i]];
            int next = Math.min(end, length > 0 ? at + length : rules.alphabet().unknownEnd(bytes, at, end));
            token(bytes, Math.min(at, next - 1), next);
            at = next;
        }
    }

    Encoding encoding(int[] ids) {
        return new Encoding(ids, Arrays.copyOf(tokenStarts, size), Arrays.copyOf(tokenEnds, size));
    }
}
