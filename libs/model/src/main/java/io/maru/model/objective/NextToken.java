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
 *
 * <p>Source of the smoothing: C. Szegedy and others, "Rethinking the inception architecture for computer vision", 2016.
 *
 * @param labelSmoothing part of a target's probability that is spread evenly over all tokens, so that the model is not driven
 *     to be certain; 0 for none
 */
public record NextToken(float labelSmoothing) implements Objective {
    public NextToken {
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new IllegalArgumentException("labelSmoothing: " + labelSmoothing + " (expected: >= 0, < 1)");
        }
    }

    /** Without smoothing. */
    public NextToken() {
        this(0);
    }

    /** What comes of each target by itself: the loss and minus the log-probability (N), and the gradient of the loss (N, V). */
    private record Each(Operand<TFloat32> loss, Operand<TFloat32> measured, Operand<TFloat32> dLogits) {}

    @Override
    public <A extends TFloating> Loss<A> of(Kernels<A> kernels, Operand<A> logits, Targets targets) {
        List<Operand<?>> inputs = new ArrayList<>(List.of(logits, targets.ids()));
        targets.weighting().ifPresent(weighting -> inputs.addAll(List.of(weighting.weights(), weighting.total())));
        Operands made = kernels.fused("nextToken" + inputs.size(), inputs, (tf, in) -> {
            Each each = each(tf, in.wide(0), in.at(1, TInt32.class));
            List<Operand<?>> outputs = new ArrayList<>();
            if (in.size() == 2) {
                Operand<TFloat32> count = tf.constant((float) targets.count());
                outputs.addAll(List.of(kernels.narrow(tf, tf.math.div(each.dLogits(), count)), each.loss()));
            } else {
                Operand<TFloat32> weights = in.wide(2); // (N)
                Operand<TFloat32> shares = tf.expandDims(tf.math.div(weights, in.wide(3)), tf.constant(1)); // (N, 1)
                outputs.addAll(List.of(
                        kernels.narrow(tf, tf.math.mul(each.dLogits(), shares)), tf.math.mul(each.loss(), weights)));
            }
            if (labelSmoothing > 0) {
                outputs.add(in.size() == 2 ? each.measured() : tf.math.mul(each.measured(), in.wide(2)));
            }
            return outputs;
        });
        Operand<TFloat32> value = mean(kernels.tf(), made.wide(1), targets);
        return new Loss<>(
                value,
                labelSmoothing > 0 ? mean(kernels.tf(), made.wide(2), targets) : value,
                made.at(0, kernels.type()));
    }

    /** With q the target's distribution: (1 - s) on the target and s / V on each token, the gradient is softmax(z) - q. */
    private Each each(Ops tf, Operand<TFloat32> logits, Operand<TInt32> ids) {
        // The operation works out softmax minus target already, as its second output.
        SparseSoftmaxCrossEntropyWithLogits<TFloat32> plain = tf.nn.sparseSoftmaxCrossEntropyWithLogits(logits, ids);
        if (labelSmoothing == 0) {
            return new Each(plain.loss(), plain.loss(), plain.backprop());
        }
        int vocabulary = Math.toIntExact(logits.shape().get(1));
        Operand<TFloat32> smoothing = tf.constant(labelSmoothing);
        // 1 at the target less 1 / V everywhere: what smoothing moves from the target to all tokens.
        Operand<TFloat32> moved = tf.math.sub(
                tf.oneHot(ids, tf.constant(vocabulary), tf.constant(1f), tf.constant(0f)),
                tf.constant(1f / vocabulary)); // (N, V)
        Operand<TFloat32> added = tf.sum(tf.math.mul(logits, moved), tf.constant(1)); // (N)
        return new Each(
                tf.math.add(plain.loss(), tf.math.mul(smoothing, added)),
                plain.loss(),
                tf.math.add(plain.backprop(), tf.math.mul(smoothing, moved)));
    }

    /** Divides the sum over the targets of a run by the weight of those of the whole batch. */
    private static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> each, Targets targets) {
        if (targets.weighting().isPresent()) {
            return tf.math.div(
                    tf.sum(each, tf.constant(0)), targets.weighting().get().total());
        }
        Operand<TFloat32> mean = tf.math.mean(each, tf.constant(0));
        long here = each.shape().size();
        return here == targets.count() ? mean : tf.math.mul(mean, tf.constant((float) here / targets.count()));
    }
}
