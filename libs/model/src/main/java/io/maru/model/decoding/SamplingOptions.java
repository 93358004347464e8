package io.maru.model.decoding;

/**
 * How the next token is chosen.
 *
 * @param temperature 0 takes the likeliest token; 1 the model's own probabilities; more makes them more alike
 * @param topK chooses among this many likeliest tokens; 0 among all
 * @param topP chooses among the fewest likeliest tokens that together have this probability; 1 among all
 * @param seed equal seeds and logits give equal tokens
 */
public record SamplingOptions(float temperature, int topK, float topP, long seed) {
    private static final float MAX_TEMPERATURE = 100;

    public SamplingOptions {
        if (!(temperature >= 0 && temperature <= MAX_TEMPERATURE)) {
            throw new IllegalArgumentException(
                    "temperature: " + temperature + " (expected: 0.." + MAX_TEMPERATURE + ")");
        }
        if (topK < 0) {
            throw new IllegalArgumentException("topK: " + topK + " (expected: >= 0)");
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("topP: " + topP + " (expected: 0 < topP <= 1)");
        }
    }

    /** Always the likeliest token. */
    public static SamplingOptions greedy() {
        return new SamplingOptions(0, 0, 1, 0);
    }
}
