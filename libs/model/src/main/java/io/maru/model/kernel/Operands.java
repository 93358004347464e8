package io.maru.model.kernel;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** What an {@link Expression} takes, or what it gave. */
public record Operands(Ops tf, List<? extends Operand<?>> all) {
    public <T extends TType> Operand<T> at(int index, Class<T> type) {
        return all.get(index).asOutput().expect(type);
    }

    /** In float32, whatever it was. */
    public Operand<TFloat32> wide(int index) {
        return Kernels.cast(tf, all.get(index), TFloat32.class);
    }

    public int size() {
        return all.size();
    }
}
