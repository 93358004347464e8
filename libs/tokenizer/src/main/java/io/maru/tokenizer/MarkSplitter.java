package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Cuts before the mark that stands for a space. */
final class MarkSplitter implements Splitter {
    private static final byte[] MARK = Normalizer.MARK.getBytes(UTF_8);

    private final boolean eachMark;

    /** @param eachMark whether a run of marks is cut too, or stays with the word after it */
    MarkSplitter(boolean eachMark) {
        this.eachMark = eachMark;
    }

    @Override
    public void split(byte[] text, int start, int end, Words words) {
        int word = start;
        boolean afterMark = true;
        for (int at = start; at < end; ) {
            boolean mark = text[at] == MARK[0]
                    && at + MARK.length <= end
                    && text[at + 1] == MARK[1]
                    && text[at + 2] == MARK[2];
            if (mark && at > word && (eachMark || !afterMark)) {
                words.word(text, word, at);
                word = at;
            }
            at += Utf8.length(text[at]);
            afterMark = mark;
        }
        if (word < end) {
            words.word(text, word, end);
        }
    }
}
