package io.maru.model.layer;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * The residual stream between two boxes: x + added, which the next norm works out, since it reads both anyway. The sum
 * stays in float32: each layer adds little to it.
 *
 * @param x (N, C)
 * @param added what the last box made (N, C); absent behind the embedding
 */
public record ResidualStream<A extends TFloating>(Operand<TFloat32> x, Optional<Operand<A>> added) {
    /**
     * What flows back along the stream: to x and to what was added to it.
     *
     * @param wide (N, C)
     * @param narrow the same as an activation
     */
    record Slope<A extends TFloating>(Operand<TFloat32> wide, Operand<A> narrow) {}
}
