package io.maru.tokenizer;

import java.util.BitSet;

/** Finds what a splitter or a normaliser looks for. */
interface Finder {
    /** Takes a match, {@code [start, end)} of the text's bytes; none is empty. */
    interface Matches {
        void match(int start, int end);
    }

    /** Tells the matches in {@code text[start, end)}, which is UTF-8, in order; they do not overlap. */
    void find(byte[] text, int start, int end, Matches matches);

    /** Each character of {@code set} is a match. */
    static Finder each(BitSet set) {
        return (text, start, end, matches) -> {
            int next;
            for (int at = start; at < end; at = next) {
                next = at + Utf8.length(text[at]);
                if (set.get(Utf8.codePoint(text, at))) {
                    matches.match(at, next);
                }
            }
        };
    }
}
