package io.maru.model;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.IdentityN;
import org.tensorflow.types.TFloat32;

/**
 * Expressions whose gradients are formulas of our own. TensorFlow would derive them operation by operation, which passes
 * over memory more often than the formula needs, and for attention takes a product that oneDNN does not speed up.
 *
 * <pre>
 *   y      -- stopGradient --+
 *   inputs ------------------+-- IdentityN --> y
 *   saved  -- stopGradient --+
 * </pre>
 *
 * IdentityN has no gradient in TensorFlow, so it can be given one. As y reaches the loss through it alone, whatever that
 * gradient hands to the inputs is all that they get. The operation's name tells which formula is meant.
 */
enum HandWritten {
    LAYER_NORM,
    GELU,
    ATTENTION;

    static {
        // The table of gradients is the process's. If this class is loaded anew, the formulas of the first one stay.
        TensorFlow.registerCustomGradient(IdentityN.OP_NAME, HandWritten::flowBack);
    }

    /**
     * The expression y with this gradient.
     *
     * @param inputs what y is differentiated by
     * @param saved what else the formula reads
     */
    Operand<TFloat32> of(Ops tf, Operand<TFloat32> y, List<Operand<TFloat32>> inputs, List<Operand<TFloat32>> saved) {
        List<Operand<?>> all = new ArrayList<>();
        all.add(tf.stopGradient(y));
        all.addAll(inputs);
        saved.forEach(value -> all.add(tf.stopGradient(value)));
        return tf.withName(name()).identityN(all).output().get(0).expect(TFloat32.class);
    }

    /**
     * What flows back to each input.
     *
     * @param dy what flows back to the expression
     * @param values its inputs, then what it saved
     */
    private List<Operand<TFloat32>> gradients(Ops tf, Operand<TFloat32> dy, List<Operand<TFloat32>> values) {
        return switch (this) {
            case LAYER_NORM -> LayerNorm.gradients(tf, dy, values);
            case GELU -> FeedForward.geluGradients(tf, dy, values);
            case ATTENTION -> Attention.gradients(tf, dy, values);
        };
    }

    private static List<Operand<?>> flowBack(Ops tf, GraphOperation identity, List<Output<?>> incoming) {
        List<Operand<TFloat32>> values = new ArrayList<>();
        for (int i = 1; i < identity.numInputs(); i++) {
            values.add(identity.input(i).expect(TFloat32.class));
        }
        Operand<TFloat32> dy = incoming.get(0).expect(TFloat32.class);
        List<Operand<?>> gradients = new ArrayList<>();
        gradients.add(tf.zerosLike(identity.input(0)));
        gradients.addAll(named(identity).gradients(tf, dy, values));
        // Nothing flows past a stopGradient, but each input must be given something.
        while (gradients.size() < identity.numInputs()) {
            gradients.add(tf.zerosLike(identity.input(gradients.size())));
        }
        return gradients;
    }

    /** TensorFlow keeps names apart by a number at the end: GELU, GELU_1, GELU_2. */
    private static HandWritten named(GraphOperation identity) {
        return valueOf(identity.name().replaceFirst("_\\d+$", ""));
    }
}
