package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;

/** How expressions get into a graph. */
@FunctionalInterface
interface Fusion {
    /** Operation by operation: what TensorFlow can differentiate, and every device runs. */
    Fusion NONE = (tf, name, inputs, expression) -> expression.of(tf, new Values(tf, inputs));

    List<? extends Operand<?>> lay(Ops tf, String name, List<? extends Operand<?>> inputs, Expression expression);
}
