package io.maru.model.kernel;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** What flowed back to each weight. */
public final class Gradients {
    private final Ops tf;
    private final Map<String, Operand<? extends TFloating>> all = new LinkedHashMap<>();

    public Gradients(Ops tf) {
        this.tf = tf;
    }

    /** A weight that is used twice is given twice, and gets the sum. */
    public void add(String name, Operand<? extends TFloating> gradient) {
        all.merge(name, gradient, (one, other) -> tf.math.add(wide(one), wide(other)));
    }

    /** In the type that its product was made in. */
    public Operand<? extends TFloating> of(String name) {
        Operand<? extends TFloating> gradient = all.get(name);
        if (gradient == null) {
            throw new IllegalStateException("gradient of " + name + ": none (expected: one of each weight)");
        }
        return gradient;
    }

    private Operand<TFloat32> wide(Operand<? extends TFloating> gradient) {
        return Kernels.cast(tf, gradient, TFloat32.class);
    }
}
