package io.maru.model.layer;

import io.maru.model.kernel.Differentiable;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/** The part of a block that looks at one position at a time: wider, bent, narrower. */
@FunctionalInterface
interface FeedForward<A extends TFloating> {
    /** Maps (N, C) to (N, C). */
    Differentiable<A> apply(Operand<A> x);
}
