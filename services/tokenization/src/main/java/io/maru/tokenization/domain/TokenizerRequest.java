package io.maru.tokenization.domain;

import io.maru.tokenizer.TieRule;

/**
 * What somebody asked for.
 *
 * @param requestId chosen by the caller; the second request with the same id is the same request
 * @param tokenizerId the last part of the name; empty leaves it to the service
 */
public record TokenizerRequest(
        String requestId, String tokenizerId, String corpus, int vocabularySize, TieRule tieRule, String run) {
    /** The byte alphabet and the end-of-text token. */
    private static final int MIN_VOCABULARY = 257;

    private static final int MAX_VOCABULARY = 200_000;

    public TokenizerRequest {
        if (vocabularySize < MIN_VOCABULARY || vocabularySize > MAX_VOCABULARY) {
            throw TokenizationReason.INVALID_VOCABULARY_SIZE.because(
                    "vocabulary_size: %d (expected: %d to %d)", vocabularySize, MIN_VOCABULARY, MAX_VOCABULARY);
        }
    }

    /** Whether {@code tokenizer} is what this asks for. */
    public boolean describes(Tokenizer tokenizer) {
        return (tokenizerId.isEmpty() || tokenizer.name().equals(Tokenizer.name(tokenizerId)))
                && tokenizer.corpus().equals(corpus)
                && tokenizer.vocabularySize() == vocabularySize
                && tokenizer.tieRule() == tieRule
                && tokenizer.run().equals(run);
    }
}
