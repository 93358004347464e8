package io.maru.model.kernel;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;

/** Many small operations that belong together: what a pen would write in one line. */
@FunctionalInterface
public interface Expression {
    /** @param tf where to put the operations, which need not be the graph that the expression is laid into */
    List<? extends Operand<?>> of(Ops tf, Operands in);
}
