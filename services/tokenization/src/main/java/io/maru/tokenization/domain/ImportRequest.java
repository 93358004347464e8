package io.maru.tokenization.domain;

/**
 * A tokenizer from elsewhere that somebody wants to register.
 *
 * @param requestId chosen by the caller; the second request with the same id is the same request
 * @param tokenizerId the last part of the name; empty leaves it to the service
 * @param sha256 of its tokenizer.json
 */
public record ImportRequest(String requestId, String tokenizerId, String sha256) {

    /** Whether {@code tokenizer} is what this asks for. */
    public boolean describes(Tokenizer tokenizer) {
        return (tokenizerId.isEmpty() || tokenizer.name().equals(Tokenizer.name(tokenizerId)))
                && tokenizer.isImported()
                && tokenizer.sha256().equals(sha256);
    }
}
