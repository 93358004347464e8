package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Sum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Causal self-attention of several heads: softmax(Q K^T / sqrt(D)) V.
 *
 * <p>Source: A. Vaswani and others, "Attention is all you need", 2017, section 3.2.
 */
final class Attention {
    private final Ops tf;
    private final GptConfig config;
    private final int layer;
    private final Linear queryKeyValue;
    private final Linear projection;

    Attention(Ops tf, Parameters parameters, GptConfig config, int layer) {
        String name = Parameter.layer(layer) + ".attn";
        this.tf = tf;
        this.config = config;
        this.layer = layer;
        this.queryKeyValue = new Linear(tf, parameters, name + ".c_attn");
        this.projection = new Linear(tf, parameters, name + ".c_proj");
    }

    /** Maps (N, C) to (N, C). */
    Operand<TFloat32> apply(Operand<TFloat32> x, Context context) {
        List<Output<TFloat32>> qkv = splitHeads(queryKeyValue.apply(x), context); // 3 x (B, H, T, D)
        // Without 1/sqrt(D) the scores' variance grows with D, softmax saturates, and gradients vanish.
        Operand<TFloat32> scale = tf.constant((float) (1 / Math.sqrt(config.headWidth())));
        Operand<TFloat32> query = tf.math.mul(qkv.get(0), scale); // (B, H, T, D)
        Operand<TFloat32> keys = context.keys(layer, qkv.get(1)); // (B, H, S, D)
        Operand<TFloat32> values = context.values(layer, qkv.get(2)); // (B, H, S, D)

        Operand<TFloat32> scores = tf.math.add(product(tf, query, keys, false, true), context.mask()); // (B, H, T, S)
        Operand<TFloat32> shares = tf.nn.softmax(scores); // (B, H, T, S)
        Operand<TFloat32> mixed = product(tf, shares, values, false, false); // (B, H, T, D)
        return projection.apply(
                joinHeads(HandWritten.ATTENTION.of(tf, mixed, List.of(query, keys, values), List.of(shares, mixed))));
    }

    /**
     * Of query, keys and values. Softmax's own gradient needs sum(dShares shares) of each row, which is sum(dy mixed):
     * fewer numbers, as D is less than S.
     *
     * <p>Source: T. Dao and others, "FlashAttention", 2022, appendix B.
     */
    static List<Operand<TFloat32>> gradients(Ops tf, Operand<TFloat32> dy, List<Operand<TFloat32>> all) {
        Operand<TFloat32> query = all.get(0);
        Operand<TFloat32> keys = all.get(1);
        Operand<TFloat32> values = all.get(2);
        Operand<TFloat32> shares = all.get(3);
        Operand<TFloat32> mixed = all.get(4);
        Operand<TFloat32> dShares = product(tf, dy, values, false, true); // (B, H, T, S)
        Operand<TFloat32> common = tf.sum(tf.math.mul(dy, mixed), tf.constant(-1), Sum.keepDims(true)); // (B, H, T, 1)
        Operand<TFloat32> dScores = tf.math.mul(shares, tf.math.sub(dShares, common)); // (B, H, T, S)
        Operand<TFloat32> dQuery = product(tf, dScores, keys, false, false); // (B, H, T, D)
        Operand<TFloat32> dKeys = product(tf, dScores, query, true, false); // (B, H, S, D)
        Operand<TFloat32> dValues = product(tf, shares, dy, true, false); // (B, H, S, D)
        return List.of(dQuery, dKeys, dValues);
    }

    private List<Output<TFloat32>> splitHeads(Operand<TFloat32> rows, Context context) {
        Operand<TInt32> sizes = tf.stack(List.of(
                context.batch(),
                context.time(),
                tf.constant(3),
                tf.constant(config.heads()),
                tf.constant(config.headWidth())));
        Operand<TFloat32> heads = tf.reshape(rows, sizes); // (B, T, 3, H, D)
        return tf.unstack(tf.linalg.transpose(heads, tf.constant(new int[] {2, 0, 3, 1, 4})), 3L)
                .output();
    }

    private Operand<TFloat32> joinHeads(Operand<TFloat32> heads) {
        Operand<TFloat32> together = tf.linalg.transpose(heads, tf.constant(new int[] {0, 2, 1, 3})); // (B, T, H, D)
        return tf.reshape(together, tf.constant(new int[] {-1, config.width()})); // (N, C)
    }

    private static Operand<TFloat32> product(
            Ops tf, Operand<TFloat32> x, Operand<TFloat32> y, boolean transposeX, boolean transposeY) {
        // V2, and not the V3 that TensorFlow's Java API offers: only V2 is handed to oneDNN.
        return tf.scope()
                .opBuilder("BatchMatMulV2", "product")
                .addInput(x.asOutput())
                .addInput(y.asOutput())
                .setAttr("adj_x", transposeX)
                .setAttr("adj_y", transposeY)
                .build()
                .<TFloat32>output(0);
    }
}
