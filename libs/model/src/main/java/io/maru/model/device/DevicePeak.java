package io.maru.model.device;

import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Precision;
import io.maru.model.tensor.FloatVariable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * What a device reaches in large products and nothing else: by this the speed of a training step is judged. It is
 * measured rather than looked up, so it is right for any device, and for a part of one.
 */
public final class DevicePeak {
    private static final Map<Measured, Double> peaks = new ConcurrentHashMap<>();
    /** Products of one run, so that what a run costs besides is shared among them. */
    private static final int PRODUCTS = 4;

    private static final int MIN_SIZE = 1024;
    private static final int MAX_SIZE = 8192;
    /** A product that takes less is too small for the device. */
    private static final Duration MIN_PRODUCT_TIME = Duration.ofMillis(10);

    private static final Duration MEASURING_TIME = Duration.ofMillis(250);

    private record Measured(Precision precision, DeviceOptions device) {}

    private DevicePeak() {}

    /**
     * Floating-point operations per second of all its devices; the first call of a process takes a fraction of a second.
     * GPUs add up. Shares of a processor are together what the processor is.
     */
    public static double flopsPerSecond(Precision precision, DeviceOptions device) {
        double one = peaks.computeIfAbsent(new Measured(precision, device.withDevices(1)), DevicePeak::measure);
        boolean gpus = device.devices() > 1 && Device.of(device).stream().anyMatch(Device::isGpu);
        return gpus ? one * device.devices() : one;
    }

    private static double measure(Measured measured) {
        double best = 0;
        for (int size = MIN_SIZE; size <= MAX_SIZE; size *= 2) {
            try (Products products = new Products(size, measured)) {
                products.run(); // which also makes room
                long nanos = products.run();
                boolean enough = nanos >= MIN_PRODUCT_TIME.toNanos() || size == MAX_SIZE;
                for (long all = nanos; enough && all < MEASURING_TIME.toNanos(); ) {
                    long next = products.run();
                    nanos = Math.min(nanos, next);
                    all += next;
                }
                best = Math.max(best, products.operations() * 1e9 / nanos);
                if (enough) {
                    break;
                }
            }
        }
        return best;
    }

    /** A square matrix times itself, and again. */
    private static final class Products implements AutoCloseable {
        private final int size;
        private final Graph graph = new Graph();
        private final Session session;
        private final Operand<TFloat32> corner;

        Products(int size, Measured measured) {
            this.size = size;
            Ops tf = Ops.create(graph);
            FloatVariable matrix = new FloatVariable(tf, "matrix", Shape.of(size, size));
            corner = switch (measured.precision()) {
                case FLOAT32 -> corner(tf, matrix.value());
                case BFLOAT16 -> corner(tf, Kernels.cast(tf, matrix.value(), TBfloat16.class));
            };
            session = new Session(graph, measured.device().session());
            float[] row = new float[size * size];
            // A matrix of these is its own square, so the numbers stay as they are.
            Arrays.fill(row, 1f / size);
            matrix.assign(session, into -> into.put(row));
        }

        private <T extends TFloating> Operand<TFloat32> corner(Ops tf, Operand<T> matrix) {
            Operand<T> product = matrix;
            for (int i = 0; i < PRODUCTS; i++) {
                product = tf.linalg.matMul(product, matrix);
            }
            int[] zero = {0, 0};
            int[] one = {1, 1};
            return Kernels.cast(tf, tf.slice(product, tf.constant(zero), tf.constant(one)), TFloat32.class);
        }

        double operations() {
            return 2.0 * PRODUCTS * size * size * size;
        }

        /** @return nanoseconds, until the last product is there */
        long run() {
            long began = System.nanoTime();
            session.runner().fetch(corner).run().close();
            return System.nanoTime() - began;
        }

        @Override
        public void close() {
            session.close();
            graph.close();
        }
    }
}
