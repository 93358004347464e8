package io.maru.tokenization.domain;

import io.maru.tokenizer.TieRule;

/**
 * What somebody asked for.
 *
 * @param requestKey of the caller and the method; the second request with the same key is the same request
 * @param workspace whose tokenizer it becomes
 * @param tokenizerId the last part of the name; empty leaves it to the service
 * @param vocabularySize see the bounds in the contract
 * @param priority within the workspace; higher first
 */
public record TokenizerRequest(
        String requestKey,
        String workspace,
        String tokenizerId,
        String corpus,
        int vocabularySize,
        TieRule tieRule,
        String run,
        int priority) {
    /** Whether {@code tokenizer} is what this asks for. */
    public boolean describes(Tokenizer tokenizer) {
        return (tokenizerId.isEmpty() || tokenizer.name().equals(Tokenizer.name(workspace, tokenizerId)))
                && tokenizer.corpus().equals(corpus)
                && tokenizer.vocabularySize() == vocabularySize
                && tokenizer.tieRule() == tieRule
                && tokenizer.run().equals(run);
    }
}
