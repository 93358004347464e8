package io.maru.bench;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** The operations a second that a device reaches in nothing but bfloat16 products: what utilization is a share of. */
final class MatmulPeak {
    private static final int PRODUCTS = 16;
    private static final int ROUNDS = 8;

    private MatmulPeak() {}

    /**
     * Of the fastest round.
     *
     * @param size rows and columns of each matrix
     */
    static double flopsPerSecond(int size) {
        try (Graph graph = new Graph();
                Session session = new Session(graph)) {
            Ops tf = Ops.create(graph);
            // Were it a constant, TensorFlow would work out the products once, before the first round.
            Placeholder<TInt64> seed = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(2)));
            Operand<TBfloat16> right = matrix(tf, size, seed);
            Operand<TBfloat16> left = right;
            for (int i = 0; i < PRODUCTS; i++) {
                left = tf.linalg.matMul(left, right);
            }
            // Fetched whole, the matrix would have to come back from the device.
            Operand<TBfloat16> corner = tf.slice(left, tf.constant(new int[] {0, 0}), tf.constant(new int[] {1, 1}));
            List<Double> seconds = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                try (TInt64 fed = TInt64.vectorOf(1, round);
                        Result result =
                                session.runner().feed(seed, fed).fetch(corner).run()) {
                    seconds.add((System.nanoTime() - start) / 1e9);
                    result.get(0);
                }
            }
            double best =
                    seconds.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
            return 2.0 * PRODUCTS * size * size * size / best;
        }
    }

    /** Random, since a GPU multiplies equal numbers faster; and about as long as the identity, so that products stay finite. */
    private static Operand<TBfloat16> matrix(Ops tf, int size, Operand<TInt64> seed) {
        Operand<TFloat32> normal =
                tf.random.statelessRandomNormal(tf.constant(new int[] {size, size}), seed, TFloat32.class);
        return tf.dtypes.cast(tf.math.div(normal, tf.constant((float) Math.sqrt(size))), TBfloat16.class);
    }
}
