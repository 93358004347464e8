package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** What an {@link Expression} takes, or what it gave. */
record Values(Ops tf, List<? extends Operand<?>> all) {
    <T extends TType> Operand<T> at(int index, Class<T> type) {
        return all.get(index).asOutput().expect(type);
    }

    /** In float32, whatever it was. */
    Operand<TFloat32> wide(int index) {
        return Kernels.cast(tf, all.get(index), TFloat32.class);
    }

    int size() {
        return all.size();
    }
}
