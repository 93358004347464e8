package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
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
 */
record Kernels<A extends TFloating>(Ops tf, Class<A> type, Parameters parameters, Fusion fusion) {
    /** Everything in float32, each operation for itself. */
    static Kernels<TFloat32> plain(Ops tf, Parameters parameters) {
        return new Kernels<>(tf, TFloat32.class, parameters, Fusion.NONE);
    }

    /** A weight as the products take it. */
    Operand<A> weight(String box) {
        return parameters.weight(box, type);
    }

    Operand<A> bias(String box) {
        return parameters.bias(box, type);
    }

    boolean isWide() {
        return type.equals(TFloat32.class);
    }

    /** Maps x (N, M) and y (M, P) to (N, P), either of them transposed first if so asked. */
    Operand<A> product(Operand<A> x, Operand<A> y, boolean transposeX, boolean transposeY) {
        return tf.linalg.matMul(x, y, MatMul.transposeA(transposeX), MatMul.transposeB(transposeY));
    }

    /** The product of the last two axes, for each index of those before. */
    Operand<A> batchProduct(Operand<A> x, Operand<A> y, boolean transposeX, boolean transposeY) {
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
    <T extends TFloating> Operand<T> columnSums(Operand<T> x) {
        return tf.nn.biasAddGrad(x);
    }

    /** Lays an expression into the graph. Equal names must mean equal expressions, up to the shapes of their inputs. */
    Values fused(String name, List<? extends Operand<?>> inputs, Expression expression) {
        return new Values(tf, fusion.lay(tf, name, inputs, expression));
    }

    /** In an expression of {@code graph}: as an activation. */
    Operand<A> narrow(Ops graph, Operand<TFloat32> x) {
        return cast(graph, x, type);
    }

    static <T extends TType> Operand<T> cast(Ops tf, Operand<?> x, Class<T> type) {
        return x.type().equals(type) ? x.asOutput().expect(type) : tf.dtypes.cast(x, type);
    }
}
