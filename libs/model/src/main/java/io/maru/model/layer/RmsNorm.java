package io.maru.model.layer;

import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Operands;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Gives each row mean square 1, then a learned gain.
 *
 * <p>Source: B. Zhang, R. Sennrich, "Root mean square layer normalization", 2019.
 */
final class RmsNorm<A extends TFloating> implements Norm<A> {
    private final Kernels<A> kernels;
    private final String name;
    private final float epsilon;

    RmsNorm(Kernels<A> kernels, String name, float epsilon) {
        this.kernels = kernels;
        this.name = name;
        this.epsilon = epsilon;
    }

    @Override
    public Normed<A> apply(ResidualStream<A> stream) {
        List<Operand<?>> inputs = new ArrayList<>(List.of(gain(), stream.x()));
        stream.added().ifPresent(inputs::add);
        Operands made = kernels.fused("rmsNorm" + inputs.size(), inputs, (tf, in) -> {
            Operand<TFloat32> x = in.size() > 2 ? tf.math.add(in.wide(1), in.wide(2)) : in.wide(1); // (N, C)
            Operand<TFloat32> meanSquare = Norm.mean(tf, tf.math.square(x)); // (N, 1)
            Operand<TFloat32> scale = tf.math.rsqrt(tf.math.add(meanSquare, tf.constant(epsilon))); // (N, 1)
            return List.of(x, kernels.narrow(tf, tf.math.mul(tf.math.mul(x, scale), in.wide(0))), scale);
        });
        Operand<TFloat32> sum = made.wide(0);
        return new Normed<>(
                sum,
                made.at(1, kernels.type()),
                (dy, dSum, gradients) -> pullback(dy, dSum, sum, made.wide(2), gradients));
    }

    /** With n the normal rows and d = dy gain: dx = scale (d - n mean(d n)). */
    private ResidualStream.Slope<A> pullback(
            Operand<A> dy,
            Optional<Operand<TFloat32>> dSum,
            Operand<TFloat32> x,
            Operand<TFloat32> scale,
            Gradients gradients) {
        List<Operand<?>> inputs = new ArrayList<>(List.of(gain(), dy, x, scale));
        dSum.ifPresent(inputs::add);
        Operands made = kernels.fused("rmsNormBack" + inputs.size(), inputs, (tf, in) -> {
            Operand<TFloat32> normal = tf.math.mul(in.wide(2), in.wide(3)); // (N, C)
            Operand<TFloat32> d = tf.math.mul(in.wide(1), in.wide(0));
            Operand<TFloat32> along = tf.math.mul(normal, Norm.mean(tf, tf.math.mul(d, normal)));
            Operand<TFloat32> dx = tf.math.mul(in.wide(3), tf.math.sub(d, along)); // (N, C)
            Operand<TFloat32> whole = in.size() > 4 ? tf.math.add(dx, in.wide(4)) : dx;
            Operand<A> dGains = kernels.narrow(tf, tf.math.mul(in.wide(1), normal)); // (N, C)
            return kernels.isWide() ? List.of(whole, dGains) : List.of(whole, dGains, kernels.narrow(tf, whole));
        });
        gradients.add(Parameter.weight(name), kernels.columnSums(made.at(1, kernels.type())));
        return new ResidualStream.Slope<>(made.wide(0), made.at(kernels.isWide() ? 0 : 2, kernels.type()));
    }

    private Operand<TFloat32> gain() {
        return kernels.parameters().weight(name, TFloat32.class); // (C)
    }
}
