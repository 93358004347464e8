package io.maru.model.kernel;

import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * What every box of the model is made of, for activations of one type A. Products are made in that type. Everything else
 * is an {@link Expression}: it widens what it takes, thinks in float32, and narrows what it gives.
 *
 * @param tf the graph
 * @param type A
 * @param parameters the weights, which are float32
 * @param fusion how expressions are laid into the graph
 * @param dropout what takes activations away, if anything does
 */
public record Kernels<A extends TFloating>(
        Ops tf, Class<A> type, Parameters parameters, Fusion fusion, Optional<Dropout> dropout) {
    /** Numbers of a gradient above which oneDNN's order of the sides matters. */
    private static final long WORTH_TURNING = 1 << 17;

    /** Everything in float32, each operation for itself. */
    public static Kernels<TFloat32> plain(Ops tf, Parameters parameters) {
        return new Kernels<>(tf, TFloat32.class, parameters, Fusion.NONE, Optional.empty());
    }

    /** A weight as the products take it. */
    public Operand<A> weight(String box) {
        return parameters.weight(box, type);
    }

    public Operand<A> bias(String box) {
        return parameters.bias(box, type);
    }

    public boolean isWide() {
        return type.equals(TFloat32.class);
    }

    /** Maps x (N, M) and y (M, P) to (N, P), either of them transposed first if so asked. */
    public Operand<A> product(Operand<A> x, Operand<A> y, boolean transposeX, boolean transposeY) {
        return tf.linalg.matMul(x, y, MatMul.transposeA(transposeX), MatMul.transposeB(transposeY));
    }

    /** The product of the last two axes, for each index of those before. */
    public Operand<A> batchProduct(Operand<A> x, Operand<A> y, boolean transposeX, boolean transposeY) {
        // V2, and not the V3 that TensorFlow's Java API offers: only V2 is handed to oneDNN.
        return tf.scope()
                .opBuilder("BatchMatMulV2", "batchProduct")
                .addInput(x.asOutput())
                .addInput(y.asOutput())
                .setAttr("adj_x", transposeX)
                .setAttr("adj_y", transposeY)
                .build()
                .<A>output(0);
    }

    /** Maps (N, M) to (M). */
    public Operand<A> columnSums(Operand<A> x) {
        long rows = x.shape().get(0);
        if (isWide() || rows == Shape.UNKNOWN_SIZE) {
            return tf.nn.biasAddGrad(x);
        }
        // A product with ones: it adds in float32, and faster than TensorFlow's sum of bfloat16.
        Operand<A> ones = tf.fill(tf.constant(new long[] {1, rows}), cast(tf, tf.constant(1f), type));
        return tf.reshape(product(ones, x, false, false), tf.constant(new int[] {-1})); // (M)
    }

    /** The gradient of W in y = x W, given that of y. */
    public Operand<A> weightGradient(Operand<A> x, Operand<A> dy) {
        long rows = x.shape().get(1);
        long columns = dy.shape().get(1);
        if (!isWide() && rows < columns && rows * columns >= WORTH_TURNING) {
            // oneDNN's bfloat16 product is faster with the longer side first, by more than it costs to turn the result.
            return tf.linalg.transpose(product(dy, x, true, false), tf.constant(new int[] {1, 0}));
        }
        return product(x, dy, true, false);
    }

    /** Takes some of x away, if dropout does at all; what stays grows, so that the mean does not move. */
    public <T extends TFloating> Differentiable<T> dropped(String place, Operand<T> x) {
        if (dropout.isEmpty()) {
            return new Differentiable<>(x, (dy, gradients) -> dy);
        }
        Operand<TBool> kept = dropout.get().kept(tf, place, x);
        return new Differentiable<>(grown(x, kept), (dy, gradients) -> grown(dy, kept));
    }

    private <T extends TFloating> Operand<T> grown(Operand<T> x, Operand<TBool> kept) {
        Class<T> same = x.type();
        return fused("dropout", List.of(x, kept, dropout.orElseThrow().rate()), (graph, in) -> {
                    Operand<TFloat32> growth = graph.math.sub(graph.constant(1f), in.wide(2));
                    Operand<TFloat32> stays = graph.math.mul(in.wide(0), in.wide(1));
                    return List.of(cast(graph, graph.math.div(stays, growth), same));
                })
                .at(0, same);
    }

    /** Lays an expression into the graph. Equal names must mean equal expressions, up to the shapes of their inputs. */
    public Operands fused(String name, List<? extends Operand<?>> inputs, Expression expression) {
        return new Operands(tf, fusion.lay(tf, name, inputs, expression));
    }

    /** In an expression of {@code graph}: as an activation. */
    public Operand<A> narrow(Ops graph, Operand<TFloat32> x) {
        return cast(graph, x, type);
    }

    public static <T extends TType> Operand<T> cast(Ops tf, Operand<?> x, Class<T> type) {
        return x.type().equals(type) ? x.asOutput().expect(type) : tf.dtypes.cast(x, type);
    }
}
