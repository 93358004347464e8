package io.maru.tokenizer;

import java.util.BitSet;

/** Cuts into runs of word characters and runs of others, without the white space: {@code \w+|[^\w\s]+}. */
final class WordsAndSymbols implements Splitter {
    private static final BitSet SPACES = CodePoints.set("S");

    @Override
    public void split(byte[] text, int start, int end, Words words) {
        int word = start;
        int kind = kind(text, start, end);
        for (int at = start; at < end; ) {
            int next = at + Utf8.length(text[at]);
            int nextKind = kind(text, next, end);
            if (nextKind != kind) {
                if (kind != 0) {
                    words.word(text, word, next);
                }
                word = next;
                kind = nextKind;
            }
            at = next;
        }
    }

    /** White space 0, a word 1, others 2, the end none of them. */
    private static int kind(byte[] text, int at, int end) {
        if (at == end) {
            return -1;
        }
        int codePoint = Utf8.codePoint(text, at);
        return SPACES.get(codePoint) ? 0 : CodePoints.isWord(codePoint) ? 1 : 2;
    }
}
