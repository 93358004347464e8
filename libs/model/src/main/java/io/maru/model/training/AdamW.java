package io.maru.model.training;

/**
 * How a gradient becomes a step. The learning rate is not here: it changes from step to step.
 *
 * <p>Source: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019.
 *
 * @param beta1 how much of the mean gradient is kept from one step to the next
 * @param beta2 how much of the mean squared gradient is kept
 * @param epsilon added to the root of the mean squared gradient
 * @param weightDecay part of a matrix taken away in each step, times the learning rate; biases and norms are left alone
 * @param clipNorm the gradient is made shorter if it is longer than this
 */
public record AdamW(float beta1, float beta2, float epsilon, float weightDecay, float clipNorm) {
    public AdamW {
        require("beta1", beta1, beta1 >= 0 && beta1 < 1, "0 <= beta1 < 1");
        require("beta2", beta2, beta2 >= 0 && beta2 < 1, "0 <= beta2 < 1");
        require("epsilon", epsilon, epsilon > 0 && epsilon < 1, "0 < epsilon < 1");
        require("weightDecay", weightDecay, weightDecay >= 0 && weightDecay < Float.POSITIVE_INFINITY, ">= 0");
        require("clipNorm", clipNorm, clipNorm > 0 && clipNorm < Float.POSITIVE_INFINITY, "> 0");
    }

    /** What language models of GPT-2's kind are commonly trained with. */
    public static AdamW usual() {
        return new AdamW(0.9f, 0.95f, 1e-8f, 0.1f, 1f);
    }

    private static void require(String name, float value, boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
