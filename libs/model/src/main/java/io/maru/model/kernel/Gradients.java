package io.maru.model.kernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** Collects what flowed back to each weight that learns. */
public final class Gradients {
    private final Ops tf;
    private final Predicate<String> learnt;
    private final Map<String, Operand<? extends TFloating>> all = new LinkedHashMap<>();

    /** @param learnt whether a weight of this name learns; what flows back to another is left out */
    public Gradients(Ops tf, Predicate<String> learnt) {
        this.tf = tf;
        this.learnt = learnt;
    }

    /** A weight that is used twice is given twice, and gets the sum. */
    public void add(String name, Operand<? extends TFloating> gradient) {
        if (learnt.test(name)) {
            all.merge(name, gradient, (one, other) -> tf.math.add(wide(one), wide(other)));
        }
    }

    /** In the type that its product was made in. */
    public Operand<? extends TFloating> of(String name) {
        Operand<? extends TFloating> gradient = all.get(name);
        if (gradient == null) {
            throw new IllegalStateException(
                    "gradient of " + name + ": none (expected: one of each weight that learns)");
        }
        return gradient;
    }

    private Operand<TFloat32> wide(Operand<? extends TFloating> gradient) {
        return Kernels.cast(tf, gradient, TFloat32.class);
    }
}
