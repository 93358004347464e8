package io.maru.model;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** An affine map of each row: y = x W + b. */
final class Linear {
    private final Ops tf;
    private final Operand<TFloat32> weight; // (in, out)
    private final Operand<TFloat32> bias; // (out)

    Linear(Ops tf, Parameters parameters, String name) {
        this.tf = tf;
        this.weight = parameters.weight(name);
        this.bias = parameters.bias(name);
    }

    /** Maps (N, in) to (N, out). */
    Operand<TFloat32> apply(Operand<TFloat32> x) {
        return tf.nn.biasAdd(tf.linalg.matMul(x, weight), bias);
    }
}
