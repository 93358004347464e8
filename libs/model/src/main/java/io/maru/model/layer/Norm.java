package io.maru.model.layer;

import io.maru.model.kernel.Gradients;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** Brings the rows of the residual stream to one size, before a box reads them. */
interface Norm<A extends TFloating> {
    /** Maps (N, C) to (N, C). */
    Normed<A> apply(ResidualStream<A> stream);

    /**
     * @param sum the stream, added up
     * @param value the normal rows
     */
    record Normed<A extends TFloating>(Operand<TFloat32> sum, Operand<A> value, Pullback<A> pullback) {}

    /** The gradient of the stream, given that of the normal rows and, if the sum is read elsewhere too, what flows back from there. */
    @FunctionalInterface
    interface Pullback<A extends TFloating> {
        ResidualStream.Slope<A> apply(Operand<A> dy, Optional<Operand<TFloat32>> dSum, Gradients gradients);
    }

    /** Of each row: (N, C) to (N, 1). */
    static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> x) {
        return tf.math.mean(x, tf.constant(1), Mean.keepDims(true));
    }
}
