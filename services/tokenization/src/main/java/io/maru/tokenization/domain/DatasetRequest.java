package io.maru.tokenization.domain;

/**
 * What somebody asked for.
 *
 * @param requestKey of the caller and the method; the second request with the same key is the same request
 * @param workspace whose dataset it becomes
 * @param datasetId the last part of the name; empty leaves it to the service
 * @param priority within the workspace; higher first
 */
public record DatasetRequest(
        String requestKey,
        String workspace,
        String datasetId,
        String corpus,
        String tokenizer,
        String run,
        int priority) {

    /** Whether {@code dataset} is what this asks for. */
    public boolean describes(Dataset dataset) {
        return (datasetId.isEmpty() || dataset.name().equals(Dataset.name(workspace, datasetId)))
                && dataset.corpus().equals(corpus)
                && dataset.tokenizer().equals(tokenizer)
                && dataset.run().equals(run);
    }
}
