package io.maru.model.kernel;

import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * What a box made of its input, and the way back.
 *
 * <pre>
 *   forwards    x  ----- box -----> value
 *   backwards   dx <-- pullback --- dy        and each weight's gradient to {@link Gradients}
 * </pre>
 *
 * @param <A> the type of activations
 */
public record Differentiable<A extends TFloating>(Operand<A> value, Pullback<A> pullback) {
    /** The gradient of a box's input, given that of its value. Lays the operations for it at each call. */
    @FunctionalInterface
    public interface Pullback<A extends TFloating> {
        Operand<A> apply(Operand<A> dy, Gradients gradients);
    }
}
