package io.maru.model.layer;

import io.maru.model.configuration.LlamaConfig;
import io.maru.model.kernel.Kernels;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Turns the numbers of a head by angles that grow with the position, so that the product of a query and a key depends on
 * how far apart they are.
 *
 * <pre>
 *   y[i]         = x[i] cos(p w[i]) - x[i + D/2] sin(p w[i])         w[i] = theta^(-2 i / D), i < D/2
 *   y[i + D/2]   = x[i + D/2] cos(p w[i]) + x[i] sin(p w[i])         p the position
 * </pre>
 *
 * <p>Source: J. Su and others, "RoFormer", 2021; in pairs of halves, as Hugging Face lays them.
 */
final class Rotary<A extends TFloating> {
    private final Kernels<A> kernels;
    private final Operand<TFloat32> cosines; // (block, D / 2)
    private final Operand<TFloat32> sines; // (block, D / 2)
    private final int half;

    Rotary(Kernels<A> kernels, LlamaConfig config) {
        this.kernels = kernels;
        this.half = config.headWidth() / 2;
        this.cosines = table(kernels.tf(), config, StrictMath::cos);
        this.sines = table(kernels.tf(), config, StrictMath::sin);
    }

    /** Maps (B, K, G, T, D) to the same. */
    Operand<A> turn(Operand<A> x, Context<A> context) {
        return turned("rotary", x, context, 1);
    }

    /** The gradient of what was turned, given that of what came out: turned by the opposite angles. */
    Operand<A> turnBack(Operand<A> dy, Context<A> context) {
        return turned("rotaryBack", dy, context, -1);
    }

    private Operand<A> turned(String name, Operand<A> x, Context<A> context, int direction) {
        List<Operand<?>> inputs = List.of(x, here(cosines, context), here(sines, context));
        return kernels.fused(name, inputs, (tf, in) -> {
                    Operand<TInt32> last = tf.constant(-1);
                    List<? extends Operand<TFloat32>> halves =
                            tf.split(last, in.wide(0), 2L).output();
                    Operand<TFloat32> cosine = in.wide(1); // (T, D / 2), or for each row of the batch
                    Operand<TFloat32> sine = direction > 0 ? in.wide(2) : tf.math.neg(in.wide(2));
                    Operand<TFloat32> first =
                            tf.math.sub(tf.math.mul(halves.get(0), cosine), tf.math.mul(halves.get(1), sine));
                    Operand<TFloat32> second =
                            tf.math.add(tf.math.mul(halves.get(1), cosine), tf.math.mul(halves.get(0), sine));
                    return List.of(kernels.narrow(tf, tf.concat(List.of(first, second), last)));
                })
                .at(0, kernels.type());
    }

    /** The rows of a table for the new tokens: (T, D / 2), or (B, 1, 1, T, D / 2) where those of a batch differ. */
    private Operand<TFloat32> here(Operand<TFloat32> table, Context<A> context) {
        Ops tf = kernels.tf();
        Operand<TFloat32> rows = context.positions().lookUp(table, half);
        if (rows.shape().numDimensions() == 2) {
            return rows;
        }
        Operand<TInt32> sizes =
                tf.stack(List.of(context.batch(), tf.constant(1), tf.constant(1), context.time(), tf.constant(half)));
        return tf.reshape(rows, sizes);
    }

    private static Operand<TFloat32> table(Ops tf, LlamaConfig config, DoubleUnaryOperator function) {
        int half = config.headWidth() / 2;
        float[] values = new float[config.block() * half];
        for (int i = 0; i < half; i++) {
            double frequency = StrictMath.pow(config.ropeTheta(), -2.0 * i / config.headWidth());
            for (int position = 0; position < config.block(); position++) {
                values[position * half + i] = (float) function.applyAsDouble(position * frequency);
            }
        }
        return tf.constant(Shape.of(config.block(), half), DataBuffers.of(values));
    }
}
