package io.maru.tokenization.domain;

/**
 * What somebody asked for.
 *
 * @param requestId chosen by the caller; the second request with the same id is the same request
 * @param datasetId the last part of the name; empty leaves it to the service
 */
public record DatasetRequest(String requestId, String datasetId, String corpus, String tokenizer, String run) {

    /** Whether {@code dataset} is what this asks for. */
    public boolean describes(Dataset dataset) {
        return (datasetId.isEmpty() || dataset.name().equals(Dataset.name(datasetId)))
                && dataset.corpus().equals(corpus)
                && dataset.tokenizer().equals(tokenizer)
                && dataset.run().equals(run);
    }
}
