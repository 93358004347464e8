package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The part of a block that looks at one position at a time: wider, GELU, narrower. */
final class FeedForward {
    /** How much wider than the residual stream. */
    static final int EXPANSION = 4;

    /** Of 2 u in GELU's tanh form, at 0. */
    private static final double SLOPE = 2 * Math.sqrt(2 / Math.PI);
    /** What x^3 adds to x there. */
    private static final double CUBIC = 0.044715;

    private final Ops tf;
    private final Linear expand;
    private final Linear contract;

    FeedForward(Ops tf, Parameters parameters, String name) {
        this.tf = tf;
        this.expand = new Linear(tf, parameters, name + ".c_fc");
        this.contract = new Linear(tf, parameters, name + ".c_proj");
    }

    /** Maps (N, C) to (N, C). */
    Operand<TFloat32> apply(Operand<TFloat32> x) {
        return contract.apply(gelu(expand.apply(x))); // (N, 4 C) between
    }

    /**
     * The tanh form: x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3).
     *
     * <p>Source: D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016.
     */
    private Operand<TFloat32> gelu(Operand<TFloat32> x) {
        Operand<TFloat32> square = tf.math.square(x);
        // (1 + tanh u) / 2 is the sigmoid of 2 u, which takes fewer passes over memory.
        Operand<TFloat32> gate = tf.math.sigmoid(tf.math.mul(x, line(tf, SLOPE, SLOPE * CUBIC, square)));
        return HandWritten.GELU.of(tf, tf.math.mul(x, gate), List.of(x), List.of(square, gate));
    }

    /** Of x. With s the sigmoid of 2 u: dx = dy (s + s (1 - s) x d(2 u)/dx). */
    static List<Operand<TFloat32>> geluGradients(Ops tf, Operand<TFloat32> dy, List<Operand<TFloat32>> values) {
        Operand<TFloat32> x = values.get(0);
        Operand<TFloat32> square = values.get(1);
        Operand<TFloat32> gate = values.get(2);
        Operand<TFloat32> slope = line(tf, SLOPE, 3 * SLOPE * CUBIC, square);
        Operand<TFloat32> moved = sigmoidGradient(tf, gate, tf.math.mul(x, slope));
        return List.of(tf.math.mul(dy, tf.math.add(gate, moved)));
    }

    /** s (1 - s) d: one pass, in an operation that TensorFlow's Java API does not offer. */
    private static Operand<TFloat32> sigmoidGradient(Ops tf, Operand<TFloat32> s, Operand<TFloat32> d) {
        return tf.scope()
                .opBuilder("SigmoidGrad", "sigmoidGradient")
                .addInput(s.asOutput())
                .addInput(d.asOutput())
                .build()
                .<TFloat32>output(0);
    }

    /** start + slope x. */
    private static Operand<TFloat32> line(Ops tf, double start, double slope, Operand<TFloat32> x) {
        return tf.math.add(tf.constant((float) start), tf.math.mul(tf.constant((float) slope), x));
    }
}
