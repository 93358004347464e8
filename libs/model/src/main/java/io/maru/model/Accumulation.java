package io.maru.model;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The mean gradient of a batch whose parts are worked through one after another. */
final class Accumulation {
    private final List<Op> first = new ArrayList<>();
    private final List<Op> next = new ArrayList<>();
    private final Gradients mean;

    /**
     * @param gradients of one part
     * @param parts of equal size
     */
    Accumulation(Ops tf, DecoderConfig config, Gradients gradients, int parts) {
        mean = new Gradients(tf);
        for (Parameter parameter : config.parameters()) {
            FloatVariable sum = new FloatVariable(tf, "gradient." + parameter.name(), parameter.shape());
            Operand<TFloat32> share = tf.math.mul(
                    Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class), tf.constant(1f / parts));
            first.add(tf.assignVariableOp(sum.handle(), share));
            next.add(tf.assignAddVariableOp(sum.handle(), share));
            mean.add(parameter.name(), sum.value());
        }
    }

    /** What a part runs. */
    List<Op> of(int part) {
        return part == 0 ? first : next;
    }

    /** What the parts have made, to be read in a run after the last of them. */
    Gradients mean() {
        return mean;
    }
}
