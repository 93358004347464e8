package io.maru.evaluation.domain;

import io.maru.platform.error.CommonReason;

/**
 * What a caller asks to be evaluated. All names are full.
 *
 * @param requestKey of the call
 * @param name {@code workspaces/{workspace}/evaluations/{evaluation}}
 * @param maxTokens scoring stops after this many; 0 means the whole validation split
 * @param run that it belongs to, or empty
 * @param priority within the workspace; higher comes first
 */
public record NewEvaluation(
        String requestKey, String name, String modelVersion, String dataset, long maxTokens, String run, int priority) {
    private static final int MAX_PRIORITY = 10;

    public NewEvaluation {
        if (maxTokens < 0) {
            throw new IllegalArgumentException("maxTokens: " + maxTokens + " (expected: >= 0)");
        }
        if (Math.abs(priority) > MAX_PRIORITY) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "priority: %d (expected: -%d to %d)", priority, MAX_PRIORITY, MAX_PRIORITY);
        }
    }

    /** Whether this is a repetition of the call that made {@code existing}; a name that is left to us is not compared. */
    public boolean matches(Evaluation existing, boolean nameIsGiven) {
        return existing.modelVersion().equals(modelVersion)
                && existing.dataset().equals(dataset)
                && existing.maxTokens() == maxTokens
                && existing.run().equals(run)
                && existing.priority() == priority
                && (!nameIsGiven || existing.name().equals(name));
    }
}
