package io.maru.tokenization.domain;

/**
 * A tokenizer from elsewhere that somebody wants to register.
 *
 * @param requestKey of the caller and the method; the second request with the same key is the same request
 * @param workspace whose tokenizer it becomes
 * @param tokenizerId the last part of the name; empty leaves it to the service
 * @param sha256 of its tokenizer.json
 */
public record ImportRequest(String requestKey, String workspace, String tokenizerId, String sha256) {

    /** Whether {@code tokenizer} is what this asks for. */
    public boolean describes(Tokenizer tokenizer) {
        return (tokenizerId.isEmpty() || tokenizer.name().equals(Tokenizer.name(workspace, tokenizerId)))
                && tokenizer.isImported()
                && tokenizer.sha256().equals(sha256);
    }
}
