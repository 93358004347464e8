package io.maru.model.layer;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Kernels;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Sum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Causal self-attention of several heads: softmax(Q K^T / sqrt(D)) V.
 *
 * <p>Source: A. Vaswani and others, "Attention is all you need", 2017, section 3.2.
 */
final class Attention<A extends TFloating> {
    private final Kernels<A> kernels;
    private final Ops tf;
    private final DecoderConfig config;
    private final String name;
    private final QueryKeyValue.Projection<A> projection;
    private final Linear<A> output;
    /** Without 1/sqrt(D) the scores' variance grows with D, softmax saturates, and gradients vanish. */
    private final float scale;

    Attention(
            Kernels<A> kernels,
            DecoderConfig config,
            String name,
            QueryKeyValue.Projection<A> projection,
            Linear<A> output) {
        this.kernels = kernels;
        this.tf = kernels.tf();
        this.config = config;
        this.name = name;
        this.projection = projection;
        this.output = output;
        this.scale = (float) (1 / Math.sqrt(config.headWidth()));
    }

    /** Maps (N, C) to (N, C). */
    Differentiable<A> apply(Operand<A> x, Context<A> context) {
        QueryKeyValue<A> made = projection.apply(x, context);
        Operand<A> keys = context.keys(made.key()); // (B, K, S, D)
        Operand<A> values = context.values(made.value()); // (B, K, S, D)
        Operand<A> scores = kernels.batchProduct(made.query(), keys, false, true); // (B, K, G T, S)
        Operand<A> shares = shares(scores, context.mask()); // (B, K, G T, S)
        Differentiable<A> heeded = kernels.dropped(name + ".shares", shares);
        Operand<A> mixed = kernels.batchProduct(heeded.value(), values, false, false); // (B, K, G T, D)
        Differentiable<A> y = output.apply(joinHeads(mixed, context));
        return new Differentiable<>(y.value(), (dy, gradients) -> {
            Operand<A> dMixed = splitHeads(y.pullback().apply(dy, gradients), context); // (B, K, G T, D)
            Operand<A> dHeeded = kernels.batchProduct(dMixed, values, false, true); // (B, K, G T, S)
            Operand<A> dShares = heeded.pullback().apply(dHeeded, gradients);
            Operand<A> dValues = kernels.batchProduct(heeded.value(), dMixed, true, false); // (B, K, S, D)
            Operand<A> dScores = sharesBack(shares, dShares, mixed, dMixed); // (B, K, G T, S)
            Operand<A> dQuery = kernels.batchProduct(dScores, keys, false, false); // (B, K, G T, D)
            Operand<A> dKeys = kernels.batchProduct(dScores, made.query(), true, false); // (B, K, S, D)
            return made.pullback().apply(dQuery, dKeys, dValues, gradients);
        });
    }

    private Operand<A> shares(Operand<A> scores, Operand<TFloat32> mask) {
        Operand<A> masked = kernels.fused("mask", List.of(scores, mask), (graph, in) -> {
                    Operand<TFloat32> scaled = graph.math.mul(in.wide(0), graph.constant(scale));
                    return List.of(kernels.narrow(graph, graph.math.add(scaled, in.wide(1))));
                })
                .at(0, kernels.type());
        // By itself: oneDNN's is several times faster than what XLA makes of one on a CPU.
        return tf.nn.softmax(masked);
    }

    /**
     * Softmax's gradient needs sum(dShares shares) of each row, which is sum(dMixed mixed): fewer numbers, as D is less
     * than S.
     *
     * <p>Source: T. Dao and others, "FlashAttention", 2022, appendix B.
     */
    private Operand<A> sharesBack(Operand<A> shares, Operand<A> dShares, Operand<A> mixed, Operand<A> dMixed) {
        return kernels.fused("softmaxBack", List.of(shares, dShares, mixed, dMixed), (graph, in) -> {
                    Operand<TFloat32> common = graph.sum(
                            graph.math.mul(in.wide(2), in.wide(3)),
                            graph.constant(-1),
                            Sum.keepDims(true)); // (B, K, G T, 1)
                    Operand<TFloat32> scaled = graph.math.mul(in.wide(0), graph.constant(scale));
                    return List.of(kernels.narrow(graph, graph.math.mul(scaled, graph.math.sub(in.wide(1), common))));
                })
                .at(0, kernels.type());
    }

    /** Maps (B, K, G T, D) to (N, K G D). */
    private Operand<A> joinHeads(Operand<A> heads, Context<A> context) {
        Operand<A> apart = tf.reshape(heads, sizes(context, false)); // (B, H, T, D)
        Operand<A> together = tf.linalg.transpose(apart, tf.constant(new int[] {0, 2, 1, 3})); // (B, T, H, D)
        return tf.reshape(together, tf.constant(new int[] {-1, config.heads() * config.headWidth()}));
    }

    /** Maps (N, K G D) to (B, K, G T, D). */
    private Operand<A> splitHeads(Operand<A> rows, Context<A> context) {
        Operand<TInt32> apart = tf.stack(
                List.of(context.batch(), context.time(), tf.constant(config.heads()), tf.constant(config.headWidth())));
        Operand<A> heads = tf.linalg.transpose(tf.reshape(rows, apart), tf.constant(new int[] {0, 2, 1, 3}));
        return tf.reshape(heads, sizes(context, true));
    }

    /** Of heads by themselves (B, H, T, D), or of those that share their keys behind one another (B, K, G T, D). */
    private Operand<TInt32> sizes(Context<A> context, boolean folded) {
        return tf.stack(List.of(
                context.batch(),
                tf.constant(folded ? config.keyValueHeads() : config.heads()),
                folded ? tf.constant(-1) : context.time(),
                tf.constant(config.headWidth())));
    }
}
