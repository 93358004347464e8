package io.maru.model.tensor;

import java.nio.FloatBuffer;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.ndarray.buffer.DataStorageVisitor;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Numbers into tensors and out again. Whoever asks for a tensor closes it: the garbage collector does not in time. */
public final class Tensors {
    private Tensors() {}

    /** A tensor that {@code fill} puts all numbers of. */
    public static TFloat32 of(Shape shape, Consumer<FloatBuffer> fill) {
        TFloat32 tensor = TFloat32.tensorOf(shape);
        try {
            FloatBuffer view = view(tensor);
            fill.accept(view);
            if (view.hasRemaining()) {
                throw new IllegalArgumentException(
                        "tensor " + shape + ": " + view.position() + " numbers (expected: " + view.limit() + ")");
            }
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** A tensor's own memory, until it is closed. */
    public static FloatBuffer view(TFloat32 tensor) {
        return tensor.asRawTensor().data().asFloats().accept(new Memory());
    }

    /** Finds the memory behind a buffer of TensorFlow's, which is outside of the JVM's heap. */
    private static final class Memory implements DataStorageVisitor<FloatBuffer> {
        @Override
        public FloatBuffer visit(FloatBuffer buffer) {
            return buffer;
        }

        @Override
        public FloatBuffer visit(long address, long bytes, long bytesOfEach) {
            return new At(address, bytes / bytesOfEach).asBuffer();
        }

        @Override
        public FloatBuffer fallback() {
            throw new IllegalStateException("a tensor's numbers are elsewhere (expected: in one piece of memory)");
        }

        /** A pointer to what somebody else allocated, and frees. */
        private static final class At extends FloatPointer {
            At(long address, long length) {
                super((Pointer) null);
                this.address = address;
                this.limit = length;
                this.capacity = length;
            }
        }
    }

    public static TInt32 of(Shape shape, int[] values) {
        return TInt32.tensorOf(shape, DataBuffers.of(values));
    }

    public static float[] floats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.size())];
        tensor.asRawTensor().data().asFloats().read(values);
        return values;
    }

    public static int[] ints(Tensor tensor) {
        int[] values = new int[Math.toIntExact(tensor.size())];
        tensor.asRawTensor().data().asInts().read(values);
        return values;
    }

    public static float scalar(Tensor tensor) {
        return ((TFloat32) tensor).getFloat();
    }
}
