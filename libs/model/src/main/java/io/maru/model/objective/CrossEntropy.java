package io.maru.model.objective;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Tells how likely a model finds a text. */
public final class CrossEntropy {
    private CrossEntropy() {}

    /** Maps logits (N, V) and targets (N) to minus the log-probability of each target, in nats (N). */
    public static Operand<TFloat32> ofEach(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
        return tf.nn.sparseSoftmaxCrossEntropyWithLogits(logits, targets).loss();
    }
}
