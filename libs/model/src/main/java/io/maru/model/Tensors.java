package io.maru.model;

import java.nio.FloatBuffer;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Numbers into tensors and out again. Whoever asks for a tensor closes it: the garbage collector does not in time. */
final class Tensors {
    private Tensors() {}

    static TFloat32 of(Shape shape, FloatBuffer values) {
        return TFloat32.tensorOf(shape, DataBuffers.of(values));
    }

    static TInt32 of(Shape shape, int[] values) {
        return TInt32.tensorOf(shape, DataBuffers.of(values));
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.size())];
        tensor.asRawTensor().data().asFloats().read(values);
        return values;
    }

    static int[] ints(Tensor tensor) {
        int[] values = new int[Math.toIntExact(tensor.size())];
        tensor.asRawTensor().data().asInts().read(values);
        return values;
    }

    static float scalar(Tensor tensor) {
        return ((TFloat32) tensor).getFloat();
    }
}
