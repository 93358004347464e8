package io.maru.model.kernel;

/**
 * What the products of a training step are made in. Weights, moments, the residual stream, norms, softmax and the loss are
 * float32 in either.
 */
public enum Precision {
    FLOAT32,
    /** Half the memory and, where the processor has dot products for it, about twice the speed. */
    BFLOAT16
}
