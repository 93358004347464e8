package io.maru.model.layer;

import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.LlamaNames;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Kernels;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Llama's: queries, keys and values by a matrix each, with a bias where it is a Qwen2, fewer heads of the latter two, and
 * queries and keys turned by their positions.
 *
 * <p>Source: J. Ainslie and others, "GQA: training generalized multi-query transformer models", 2023.
 */
final class SeparateProjections<A extends TFloating> implements QueryKeyValue.Projection<A> {
    private final Ops tf;
    private final LlamaConfig config;
    private final Rotary<A> rotary;
    private final Linear<A> query;
    private final Linear<A> key;
    private final Linear<A> value;

    SeparateProjections(Kernels<A> kernels, LlamaConfig config, LlamaNames names, Rotary<A> rotary) {
        this.tf = kernels.tf();
        this.config = config;
        this.rotary = rotary;
        this.query = Linear.outByIn(kernels, names.query(), config.queryKeyValueBias());
        this.key = Linear.outByIn(kernels, names.key(), config.queryKeyValueBias());
        this.value = Linear.outByIn(kernels, names.value(), config.queryKeyValueBias());
    }

    @Override
    public QueryKeyValue<A> apply(Operand<A> x, Context<A> context) {
        Differentiable<A> queries = query.apply(x); // (N, H D)
        Differentiable<A> keys = key.apply(x); // (N, K D)
        Differentiable<A> values = value.apply(x); // (N, K D)
        int sharing = config.heads() / config.keyValueHeads();
        Operand<A> turnedQueries = rotary.turn(heads(queries.value(), sharing, context), context);
        Operand<A> turnedKeys = rotary.turn(heads(keys.value(), 1, context), context);
        return new QueryKeyValue<>(
                folded(turnedQueries, context),
                folded(turnedKeys, context),
                folded(heads(values.value(), 1, context), context),
                (dQuery, dKey, dValue, gradients) -> {
                    Operand<A> dQueries = rotary.turnBack(unfolded(dQuery, sharing, context), context);
                    Operand<A> dKeys = rotary.turnBack(unfolded(dKey, 1, context), context);
                    Operand<A> dValues = unfolded(dValue, 1, context);
                    return tf.math.add(
                            queries.pullback().apply(rows(dQueries, sharing), gradients),
                            tf.math.add(
                                    keys.pullback().apply(rows(dKeys, 1), gradients),
                                    values.pullback().apply(rows(dValues, 1), gradients)));
                });
    }

    /** Maps (N, K G D) to (B, K, G, T, D). */
    private Operand<A> heads(Operand<A> rows, int sharing, Context<A> context) {
        Operand<TInt32> sizes = tf.stack(List.of(
                context.batch(),
                context.time(),
                tf.constant(config.keyValueHeads()),
                tf.constant(sharing),
                tf.constant(config.headWidth())));
        return tf.linalg.transpose(tf.reshape(rows, sizes), tf.constant(new int[] {0, 2, 3, 1, 4}));
    }

    /** Maps (B, K, G, T, D) to (N, K G D). */
    private Operand<A> rows(Operand<A> heads, int sharing) {
        Operand<A> together = tf.linalg.transpose(heads, tf.constant(new int[] {0, 3, 1, 2, 4})); // (B, T, K, G, D)
        int width = config.keyValueHeads() * sharing * config.headWidth();
        return tf.reshape(together, tf.constant(new int[] {-1, width}));
    }

    /** Maps (B, K, G, T, D) to (B, K, G T, D). */
    private Operand<A> folded(Operand<A> heads, Context<A> context) {
        Operand<TInt32> sizes = tf.stack(List.of(
                context.batch(),
                tf.constant(config.keyValueHeads()),
                tf.constant(-1),
                tf.constant(config.headWidth())));
        return tf.reshape(heads, sizes);
    }

    /** Maps (B, K, G T, D) to (B, K, G, T, D). */
    private Operand<A> unfolded(Operand<A> heads, int sharing, Context<A> context) {
        Operand<TInt32> sizes = tf.stack(List.of(
                context.batch(),
                tf.constant(config.keyValueHeads()),
                tf.constant(sharing),
                context.time(),
                tf.constant(config.headWidth())));
        return tf.reshape(heads, sizes);
    }
}
