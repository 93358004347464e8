package io.maru.evaluation.domain;

/**
 * What a caller asks to be evaluated.
 *
 * @param name {@code evaluations/{evaluation}}
 * @param run {@code runs/{run}}, or empty
 * @param maxTokens to score at most; 0 means the whole validation split
 */
public record NewEvaluation(
        String requestId, String name, String modelVersion, String dataset, long maxTokens, String run) {
    public NewEvaluation {
        if (maxTokens < 0) {
            throw new IllegalArgumentException("maxTokens: " + maxTokens + " (expected: >= 0)");
        }
    }

    /** Whether this is a repetition of the call that made {@code existing}; a name that is left to us is not compared. */
    public boolean matches(Evaluation existing, boolean nameIsGiven) {
        return existing.modelVersion().equals(modelVersion)
                && existing.dataset().equals(dataset)
                && existing.maxTokens() == maxTokens
                && existing.run().equals(run)
                && (!nameIsGiven || existing.name().equals(name));
    }
}
