package io.maru.model.layer;

import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.GptNames;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Kernels;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** GPT-2's: queries, keys and values by one matrix, one after the other in its columns. */
final class JoinedProjection<A extends TFloating> implements QueryKeyValue.Projection<A> {
    private final Ops tf;
    private final GptConfig config;
    private final Linear<A> linear;

    JoinedProjection(Kernels<A> kernels, GptConfig config, GptNames names) {
        this.tf = kernels.tf();
        this.config = config;
        this.linear = Linear.biased(kernels, names.queryKeyValue());
    }

    @Override
    public QueryKeyValue<A> apply(Operand<A> x, Context<A> context) {
        Differentiable<A> rows = linear.apply(x); // (N, 3 C)
        Operand<TInt32> sizes = tf.stack(List.of(
                context.batch(),
                context.time(),
                tf.constant(3),
                tf.constant(config.heads()),
                tf.constant(config.headWidth())));
        Operand<A> heads = tf.reshape(rows.value(), sizes); // (B, T, 3, H, D)
        List<Output<A>> parts = tf.unstack(tf.linalg.transpose(heads, tf.constant(new int[] {2, 0, 3, 1, 4})), 3L)
                .output(); // 3 x (B, H, T, D)
        return new QueryKeyValue<>(parts.get(0), parts.get(1), parts.get(2), (dQuery, dKey, dValue, gradients) -> {
            Operand<A> together = tf.stack(List.of(dQuery, dKey, dValue)); // (3, B, H, T, D)
            Operand<A> apart = tf.linalg.transpose(together, tf.constant(new int[] {1, 3, 0, 2, 4}));
            Operand<A> dRows = tf.reshape(apart, tf.constant(new int[] {-1, 3 * config.width()})); // (N, 3 C)
            return rows.pullback().apply(dRows, gradients);
        });
    }
}
