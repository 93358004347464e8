package io.maru.model.training;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import io.maru.model.tensor.FloatVariable;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The mean gradient and loss of a batch whose parts are worked through one after another. */
final class Accumulation {
    private final List<Op> first = new ArrayList<>();
    private final List<Op> next = new ArrayList<>();
    private final Gradients mean;
    private final Operand<TFloat32> loss;

    /**
     * @param gradients of one part
     * @param partLoss of one part, a scalar
     * @param parts of equal size
     */
    Accumulation(Ops tf, DecoderConfig config, Gradients gradients, Operand<TFloat32> partLoss, int parts) {
        mean = new Gradients(tf);
        for (Parameter parameter : config.parameters()) {
            Operand<TFloat32> gradient = Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class);
            mean.add(parameter.name(), summed(tf, "gradient." + parameter.name(), parameter.shape(), gradient, parts));
        }
        loss = summed(tf, "loss", Shape.scalar(), partLoss, parts);
    }

    private Operand<TFloat32> summed(Ops tf, String name, Shape shape, Operand<TFloat32> part, int parts) {
        FloatVariable sum = new FloatVariable(tf, name, shape);
        Operand<TFloat32> share = tf.math.mul(part, tf.constant(1f / parts));
        first.add(tf.assignVariableOp(sum.handle(), share));
        next.add(tf.assignAddVariableOp(sum.handle(), share));
        return sum.value();
    }

    /** What a part runs. */
    List<Op> of(int part) {
        return part == 0 ? first : next;
    }

    /** What the parts have made, to be read in a run after the last of them. */
    Gradients mean() {
        return mean;
    }

    /** Mean of the parts, to be read in a run after the last of them. */
    Operand<TFloat32> loss() {
        return loss;
    }
}
