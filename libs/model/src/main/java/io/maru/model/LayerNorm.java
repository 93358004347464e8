package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;

/**
 * Gives each row mean 0 and variance 1, then a learned gain and bias.
 *
 * <p>Source: J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016.
 */
final class LayerNorm {
    private final Ops tf;
    private final Operand<TFloat32> gain; // (C)
    private final Operand<TFloat32> bias; // (C)
    private final float epsilon;

    LayerNorm(Ops tf, Parameters parameters, String name, float epsilon) {
        this.tf = tf;
        this.gain = parameters.weight(name);
        this.bias = parameters.bias(name);
        this.epsilon = epsilon;
    }

    /** Maps (N, C) to (N, C). */
    Operand<TFloat32> apply(Operand<TFloat32> x) {
        Operand<TFloat32> centred = tf.math.sub(x, mean(tf, x)); // (N, C)
        Operand<TFloat32> variance = mean(tf, tf.math.square(centred)); // (N, 1)
        Operand<TFloat32> scale = tf.math.rsqrt(tf.math.add(variance, tf.constant(epsilon))); // (N, 1)
        Operand<TFloat32> normal = tf.math.mul(centred, scale); // (N, C)
        Operand<TFloat32> y = tf.math.add(tf.math.mul(normal, gain), bias);
        return HandWritten.LAYER_NORM.of(tf, y, List.of(x, gain, bias), List.of(normal, scale));
    }

    /** Of x, gain and bias. With n the normal rows and d = dy gain: dx = scale (d - mean(d) - n mean(d n)). */
    static List<Operand<TFloat32>> gradients(Ops tf, Operand<TFloat32> dy, List<Operand<TFloat32>> values) {
        Operand<TFloat32> gain = values.get(1);
        Operand<TFloat32> normal = values.get(3);
        Operand<TFloat32> scale = values.get(4);
        Operand<TFloat32> d = tf.math.mul(dy, gain); // (N, C)
        Operand<TFloat32> along = tf.math.mul(normal, mean(tf, tf.math.mul(d, normal))); // (N, C)
        Operand<TFloat32> dx = tf.math.mul(scale, tf.math.sub(tf.math.sub(d, mean(tf, d)), along)); // (N, C)
        Operand<TFloat32> dGain = tf.nn.biasAddGrad(tf.math.mul(dy, normal)); // (C)
        Operand<TFloat32> dBias = tf.nn.biasAddGrad(dy); // (C)
        return List.of(dx, dGain, dBias);
    }

    private static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> x) {
        return tf.math.mean(x, tf.constant(1), Mean.keepDims(true)); // (N, 1)
    }
}
