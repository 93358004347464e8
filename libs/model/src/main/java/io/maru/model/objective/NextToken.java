package io.maru.model.objective;

import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Operands;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.SparseSoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The model learns to predict the next token: the loss is minus the log-probability of each target times its weight, summed
 * over the batch and divided by the sum of the weights.
 */
public record NextToken() implements Objective {
    @Override
    public <A extends TFloating> Loss<A> of(Kernels<A> kernels, Operand<A> logits, Targets targets) {
        List<Operand<?>> inputs = new ArrayList<>(List.of(logits, targets.ids()));
        targets.weighting().ifPresent(weighting -> inputs.addAll(List.of(weighting.weights(), weighting.total())));
        Operands made = kernels.fused("nextToken" + inputs.size(), inputs, (tf, in) -> {
            // The operation works out softmax minus target already, as its second output.
            SparseSoftmaxCrossEntropyWithLogits<TFloat32> each =
                    tf.nn.sparseSoftmaxCrossEntropyWithLogits(in.wide(0), in.at(1, TInt32.class));
            Operand<TFloat32> loss = each.loss(); // (N)
            Operand<TFloat32> dLogits = each.backprop(); // (N, V)
            if (in.size() == 2) {
                Operand<TFloat32> count = tf.constant((float) targets.count());
                return List.of(loss, kernels.narrow(tf, tf.math.div(dLogits, count)));
            }
            Operand<TFloat32> weights = in.wide(2); // (N)
            Operand<TFloat32> shares = tf.expandDims(tf.math.div(weights, in.wide(3)), tf.constant(1)); // (N, 1)
            return List.of(tf.math.mul(loss, weights), kernels.narrow(tf, tf.math.mul(dLogits, shares)));
        });
        Ops tf = kernels.tf();
        Operand<TFloat32> value = targets.weighting()
                .<Operand<TFloat32>>map(
                        weighting -> tf.math.div(tf.sum(made.wide(0), tf.constant(0)), weighting.total()))
                .orElseGet(() -> mean(tf, made.wide(0), targets.count()));
        return new Loss<>(value, value, made.at(1, kernels.type()));
    }

    /** Divides the sum over the targets of a run by the count of those of the whole batch. */
    private static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> each, long count) {
        Operand<TFloat32> mean = tf.math.mean(each, tf.constant(0));
        long here = each.shape().size();
        return here == count ? mean : tf.math.mul(mean, tf.constant((float) here / count));
    }
}
