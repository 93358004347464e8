package io.maru.model.objective;

import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Operands;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.SparseSoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** The loss of a language model: minus the log-probability of what came next, in nats. */
public final class CrossEntropy {
    private CrossEntropy() {}

    /**
     * @param each minus the log-probability of each target (N)
     * @param dLogits the gradient of their mean (N, V)
     */
    public record Loss<A extends TFloating>(Operand<TFloat32> each, Operand<A> dLogits) {
        /** A scalar. */
        public Operand<TFloat32> mean(Ops tf) {
            return tf.math.mean(each, tf.constant(0));
        }
    }

    /** Of logits (N, V) and targets (N). */
    public static <A extends TFloating> Loss<A> of(Kernels<A> kernels, Operand<A> logits, Operand<TInt32> targets) {
        Operands made = kernels.fused("crossEntropy", List.of(logits, targets), (tf, in) -> {
            // The operation works out softmax minus target already, as its second output.
            SparseSoftmaxCrossEntropyWithLogits<TFloat32> crossEntropy =
                    tf.nn.sparseSoftmaxCrossEntropyWithLogits(in.wide(0), in.at(1, TInt32.class));
            Operand<TInt32> rows = tf.size(in.at(1, TInt32.class));
            Operand<TFloat32> mean = tf.math.div(crossEntropy.backprop(), Kernels.cast(tf, rows, TFloat32.class));
            return List.of(crossEntropy.loss(), kernels.narrow(tf, mean));
        });
        return new Loss<>(made.wide(0), made.at(1, kernels.type()));
    }

    /** Minus the log-probability of each target: logits (N, V) and targets (N) to (N). */
    public static Operand<TFloat32> ofEach(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
        return tf.nn.sparseSoftmaxCrossEntropyWithLogits(logits, targets).loss();
    }
}
