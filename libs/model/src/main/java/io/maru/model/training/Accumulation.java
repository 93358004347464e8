package io.maru.model.training;

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

/** Adds up the gradients and the loss of a batch whose parts are worked through one after another. */
final class Accumulation {
    private final List<Op> first = new ArrayList<>();
    private final List<Op> next = new ArrayList<>();
    private final Gradients sum;
    private final Operand<TFloat32> loss;

    /**
     * @param learnt the weights that learn
     * @param gradients of one part
     * @param partLoss of one part, a scalar
     */
    Accumulation(Ops tf, List<Parameter> learnt, Gradients gradients, Operand<TFloat32> partLoss) {
        sum = new Gradients(tf, name -> true);
        for (Parameter parameter : learnt) {
            Operand<TFloat32> gradient = Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class);
            sum.add(parameter.name(), summed(tf, "gradient." + parameter.name(), parameter.shape(), gradient));
        }
        loss = summed(tf, "loss", Shape.scalar(), partLoss);
    }

    private Operand<TFloat32> summed(Ops tf, String name, Shape shape, Operand<TFloat32> part) {
        FloatVariable variable = new FloatVariable(tf, name, shape);
        first.add(tf.assignVariableOp(variable.handle(), part));
        next.add(tf.assignAddVariableOp(variable.handle(), part));
        return variable.value();
    }

    /** Gives what a part runs. */
    List<Op> of(int part) {
        return part == 0 ? first : next;
    }

    /** Gives what the parts have made, to be read in a run after the last of them. */
    Gradients sum() {
        return sum;
    }

    /** Gives the loss of all parts, to be read in a run after the last of them. */
    Operand<TFloat32> loss() {
        return loss;
    }
}
