package io.maru.model.layer;

import io.maru.model.configuration.GptNames;
import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Kernels;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * GPT-2's: expand, GELU in its tanh form, contract. GELU is x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3).
 *
 * <p>Source: D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016.
 */
final class GeluFeedForward<A extends TFloating> implements FeedForward<A> {
    /** Of u, at 0. */
    private static final double SLOPE = Math.sqrt(2 / Math.PI);
    /** What x^3 adds to x there. */
    private static final double CUBIC = 0.044715;

    private final Kernels<A> kernels;
    private final String expandName;
    private final Linear<A> expand;
    private final Linear<A> contract;

    GeluFeedForward(Kernels<A> kernels, GptNames names) {
        this.kernels = kernels;
        this.expandName = names.expand();
        this.expand = Linear.withoutItsBias(kernels, names.expand());
        this.contract = Linear.biased(kernels, names.contract());
    }

    @Override
    public Differentiable<A> apply(Operand<A> x) {
        Differentiable<A> inner = expand.apply(x); // (N, F)
        Operand<TFloat32> bias = kernels.parameters().bias(expandName, TFloat32.class); // (F)
        Operand<A> bent = kernels.fused("gelu", List.of(inner.value(), bias), (tf, in) -> {
                    Operand<TFloat32> z = tf.math.add(in.wide(0), in.wide(1));
                    return List.of(kernels.narrow(tf, tf.math.mul(z, gate(tf, z))));
                })
                .at(0, kernels.type());
        Differentiable<A> y = contract.apply(bent);
        return new Differentiable<>(y.value(), (dy, gradients) -> {
            Operand<A> dBent = y.pullback().apply(dy, gradients);
            Operand<A> dInner = geluBack(inner.value(), bias, dBent);
            gradients.add(Parameter.bias(expandName), kernels.columnSums(dInner));
            return inner.pullback().apply(dInner, gradients);
        });
    }

    /** With s = (1 + tanh u) / 2: dz = dy (s + 2 s (1 - s) z du/dz). */
    private Operand<A> geluBack(Operand<A> inner, Operand<TFloat32> bias, Operand<A> dBent) {
        return kernels.fused("geluBack", List.of(inner, bias, dBent), (tf, in) -> {
                    Operand<TFloat32> z = tf.math.add(in.wide(0), in.wide(1));
                    Operand<TFloat32> s = gate(tf, z);
                    Operand<TFloat32> slope = line(tf, 2 * SLOPE, 6 * SLOPE * CUBIC, tf.math.square(z));
                    Operand<TFloat32> bend = tf.math.mul(tf.math.sub(tf.constant(1f), s), tf.math.mul(z, slope));
                    Operand<TFloat32> whole = tf.math.mul(s, tf.math.add(tf.constant(1f), bend));
                    return List.of(kernels.narrow(tf, tf.math.mul(in.wide(2), whole)));
                })
                .at(0, kernels.type());
    }

    /** (1 + tanh u) / 2. */
    private static Operand<TFloat32> gate(Ops tf, Operand<TFloat32> z) {
        Operand<TFloat32> u = tf.math.mul(z, line(tf, SLOPE, SLOPE * CUBIC, tf.math.square(z)));
        return line(tf, 0.5, 0.5, tf.math.tanh(u));
    }

    /** start + slope x. */
    private static Operand<TFloat32> line(Ops tf, double start, double slope, Operand<TFloat32> x) {
        return tf.math.add(tf.constant((float) start), tf.math.mul(tf.constant((float) slope), x));
    }
}
