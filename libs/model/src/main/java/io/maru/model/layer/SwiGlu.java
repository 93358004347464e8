package io.maru.model.layer;

import io.maru.model.configuration.LlamaNames;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Operands;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Llama's: down (silu(gate x) * up x), with silu(z) = z sigmoid(z).
 *
 * <p>Source: N. Shazeer, "GLU variants improve transformer", 2020.
 */
final class SwiGlu<A extends TFloating> implements FeedForward<A> {
    private final Kernels<A> kernels;
    private final Linear<A> gate;
    private final Linear<A> up;
    private final Linear<A> down;

    SwiGlu(Kernels<A> kernels, LlamaNames names) {
        this.kernels = kernels;
        this.gate = Linear.unbiased(kernels, names.gate());
        this.up = Linear.unbiased(kernels, names.up());
        this.down = Linear.unbiased(kernels, names.down());
    }

    @Override
    public Differentiable<A> apply(Operand<A> x) {
        Differentiable<A> gated = gate.apply(x); // (N, F)
        Differentiable<A> raised = up.apply(x); // (N, F)
        Operand<A> inner = kernels.fused("swiGlu", List.of(gated.value(), raised.value()), (tf, in) -> {
                    Operand<TFloat32> silu = tf.math.mul(in.wide(0), tf.math.sigmoid(in.wide(0)));
                    return List.of(kernels.narrow(tf, tf.math.mul(silu, in.wide(1))));
                })
                .at(0, kernels.type());
        Differentiable<A> y = down.apply(inner);
        return new Differentiable<>(y.value(), (dy, gradients) -> {
            Operand<A> dInner = y.pullback().apply(dy, gradients);
            Operands back = swiGluBack(gated.value(), raised.value(), dInner);
            return kernels.tf()
                    .math
                    .add(
                            gated.pullback().apply(back.at(0, kernels.type()), gradients),
                            raised.pullback().apply(back.at(1, kernels.type()), gradients));
        });
    }

    /** With s the sigmoid of the gate g: dg = dy up (s + g s (1 - s)) and dup = dy g s. */
    private Operands swiGluBack(Operand<A> gated, Operand<A> raised, Operand<A> dInner) {
        return kernels.fused("swiGluBack", List.of(gated, raised, dInner), (tf, in) -> {
            Operand<TFloat32> g = in.wide(0);
            Operand<TFloat32> s = tf.math.sigmoid(g);
            Operand<TFloat32> bend = tf.math.mul(g, tf.math.sub(tf.constant(1f), s));
            Operand<TFloat32> slope = tf.math.mul(s, tf.math.add(tf.constant(1f), bend));
            Operand<TFloat32> dGated = tf.math.mul(in.wide(2), tf.math.mul(in.wide(1), slope));
            Operand<TFloat32> dRaised = tf.math.mul(in.wide(2), tf.math.mul(g, s));
            return List.of(kernels.narrow(tf, dGated), kernels.narrow(tf, dRaised));
        });
    }
}
