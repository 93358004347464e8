package io.maru.model.kernel;

import io.maru.model.tensor.FloatVariable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** How expressions get into a graph. */
@FunctionalInterface
public interface Fusion {
    /** Operation by operation: what TensorFlow can differentiate, and every device runs. */
    Fusion NONE = (tf, name, inputs, expression) -> expression.of(tf, new Operands(tf, inputs));

    List<? extends Operand<?>> lay(Ops tf, String name, List<? extends Operand<?>> inputs, Expression expression);

    /**
     * Gives each variable what the expression makes of it.
     *
     * @param expression takes the variables' values and then the inputs, and gives new values, in the variables' order
     * @return what a step runs
     */
    default List<Op> update(
            Ops tf,
            String name,
            List<FloatVariable> variables,
            List<? extends Operand<?>> inputs,
            Expression expression) {
        List<Operand<?>> taken = Stream.<Operand<?>>concat(
                        variables.stream().map(FloatVariable::value), inputs.stream())
                .toList();
        List<? extends Operand<?>> made = lay(tf, name, taken, expression);
        List<Op> updates = new ArrayList<>();
        for (int i = 0; i < variables.size(); i++) {
            updates.add(tf.assignVariableOp(
                    variables.get(i).handle(), made.get(i).asOutput().expect(TFloat32.class)));
        }
        return updates;
    }
}
