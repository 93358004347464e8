package io.maru.model.objective;

import io.maru.model.kernel.Kernels;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/** Says what a model learns: which loss of its logits becomes small. */
public sealed interface Objective permits NextToken {
    /**
     * Lays the loss into a graph.
     *
     * @param logits (N, V)
     */
    <A extends TFloating> Loss<A> of(Kernels<A> kernels, Operand<A> logits, Targets targets);
}
