package io.maru.evaluation.domain;

import io.maru.metrics.LanguageModelScore;

/**
 * What is scored so far.
 *
 * @param windows in the order of {@link Windows}
 * @param score of their tokens of text that the dataset learns from; neither end-of-text nor a prompt is among them
 */
public record Tally(long windows, LanguageModelScore score) {
    public static final Tally NONE = new Tally(0, LanguageModelScore.EMPTY);

    /** A softmax in float32 may give a certain token a rounding error more than probability 1. */
    private static final float ROUNDING = 1e-3f;

    /**
     * Adds one window.
     *
     * @param logProbabilities natural logarithms, one for each of the window's tokens but the first
     * @throws io.maru.platform.error.Refusal MODEL_VERSION_UNUSABLE where one of them is no logarithm of a probability
     */
    public Tally plus(Window window, float[] logProbabilities, TextTokens text) {
        if (logProbabilities.length != window.length() - 1) {
            throw EvaluationReason.MODEL_VERSION_UNUSABLE.because(
                    "window %d: %d log-probabilities (expected: %d)",
                    windows, logProbabilities.length, window.length() - 1);
        }
        double nats = 0;
        long tokens = 0;
        long bytes = 0;
        for (int i = 1; i < window.length(); i++) {
            if (window.isScored(i)) {
                nats += negativeLogLikelihood(logProbabilities[i - 1], i);
                tokens++;
                bytes += text.bytes(window.tokens()[i]);
            }
        }
        return new Tally(windows + 1, score.plus(new LanguageModelScore(nats, tokens, bytes)));
    }

    private double negativeLogLikelihood(float logProbability, int place) {
        if (!(logProbability <= ROUNDING) || Float.isInfinite(logProbability)) {
            throw EvaluationReason.MODEL_VERSION_UNUSABLE.because(
                    "window %d, token %d: log-probability %s (expected: finite and at most 0)",
                    windows, place, logProbability);
        }
        return -Math.min(0, logProbability);
    }
}
