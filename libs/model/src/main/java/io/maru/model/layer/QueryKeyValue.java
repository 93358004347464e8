package io.maru.model.layer;

import io.maru.model.kernel.Gradients;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * What attention works on. The G heads that share their keys lie behind one another, as if they were more tokens.
 *
 * @param query (B, K, G T, D)
 * @param key (B, K, T, D)
 * @param value (B, K, T, D)
 */
record QueryKeyValue<A extends TFloating>(Operand<A> query, Operand<A> key, Operand<A> value, Pullback<A> pullback) {
    /** The gradient of the rows that these were made of, given theirs. */
    @FunctionalInterface
    interface Pullback<A extends TFloating> {
        Operand<A> apply(Operand<A> dQuery, Operand<A> dKey, Operand<A> dValue, Gradients gradients);
    }

    /** Makes them of rows (N, C). */
    @FunctionalInterface
    interface Projection<A extends TFloating> {
        QueryKeyValue<A> apply(Operand<A> x, Context<A> context);
    }
}
