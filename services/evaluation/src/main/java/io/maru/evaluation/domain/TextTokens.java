package io.maru.evaluation.domain;

import io.maru.tokenizer.BpeTokenizer;

/** Which tokens stand for text, and for how many bytes of it. */
public final class TextTokens {
    private final int endOfText;
    private final int[] bytes;

    public TextTokens(BpeTokenizer tokenizer) {
        endOfText = tokenizer.endOfText();
        bytes = new int[tokenizer.vocabularySize()];
        for (int id = 0; id < bytes.length; id++) {
            bytes[id] = tokenizer.bytes(id).length;
        }
    }

    public int vocabularySize() {
        return bytes.length;
    }

    public int endOfText() {
        return endOfText;
    }

    /** False for end-of-text: it stands between texts. */
    public boolean isText(int id) {
        return id != endOfText;
    }

    public int bytes(int id) {
        return bytes[id];
    }
}
