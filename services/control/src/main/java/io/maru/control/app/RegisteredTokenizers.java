package io.maru.control.app;

/** The tokenizers that a recipe may use instead of a new one. */
@FunctionalInterface
public interface RegisteredTokenizers {
    /**
     * Tokens that the vocabulary of a READY tokenizer has.
     *
     * @param name {@code tokenizers/{tokenizer}}
     * @throws io.maru.platform.error.Refusal TOKENIZER_NOT_FOUND, TOKENIZER_NOT_READY, TOKENIZATION_UNAVAILABLE
     */
    int tokens(String name);
}
