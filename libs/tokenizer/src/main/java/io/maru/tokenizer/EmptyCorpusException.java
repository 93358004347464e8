package io.maru.tokenizer;

/** There is no text to learn a tokenizer from. */
public final class EmptyCorpusException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    EmptyCorpusException(int tokensToLearn) {
        super("corpus: no text (expected: some to learn " + tokensToLearn + " tokens from)");
    }
}
