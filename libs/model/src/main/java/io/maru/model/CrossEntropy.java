package io.maru.model;

import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.SparseSoftmaxCrossEntropyWithLogits;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** How surprised the model is by what came next, in nats. */
final class CrossEntropy {
    static {
        // TensorFlow's C++ library, which Java's gradients are made by, has none for this operation. Its table is the
        // process's: this class is loaded once, and so the gradient is registered once.
        TensorFlow.registerCustomGradient(SparseSoftmaxCrossEntropyWithLogits.OP_NAME, CrossEntropy::gradient);
    }

    private CrossEntropy() {}

    /** Minus the log-probability of each target: logits (N, V) and targets (N) to (N). */
    static Operand<TFloat32> ofEach(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
        return tf.nn.sparseSoftmaxCrossEntropyWithLogits(logits, targets).loss();
    }

    /** Logits (N, V) and targets (N) to a scalar. */
    static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
        return tf.math.mean(ofEach(tf, logits, targets), tf.constant(0));
    }

    /** The operation has worked out softmax minus target already, as its second output. */
    private static List<Operand<?>> gradient(Ops tf, GraphOperation operation, List<Output<?>> incoming) {
        Output<TFloat32> softmaxMinusTarget = operation.output(1); // (N, V)
        Operand<TFloat32> each = tf.expandDims(incoming.get(0).expect(TFloat32.class), tf.constant(1)); // (N, 1)
        // Nothing flows into the ids of the targets, but each input must be given a gradient.
        return List.of(tf.math.mul(softmaxMinusTarget, each), tf.zerosLike(operation.input(1)));
    }
}
