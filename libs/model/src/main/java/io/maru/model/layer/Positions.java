package io.maru.model.layer;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Tells where the new tokens of a run stand in their texts. */
public interface Positions {
    /**
     * Looks up a table that has a row for each position.
     *
     * @param table (block, W)
     * @return the rows of the new tokens' positions: (B, T, W), or (T, W) where all rows of the batch have the same
     */
    Operand<TFloat32> lookUp(Operand<TFloat32> table, int width);

    /**
     * Gives the gradient of a table that was looked up.
     *
     * @param dRows of each token (N, W)
     * @param block rows of the table
     * @return (block, W)
     */
    Operand<TFloat32> lookUpBack(Operand<TFloat32> dRows, int block, int width);

    /** Counts T positions on from the first one, in all rows of a batch alike. */
    static Positions from(Ops tf, Operand<TInt32> first, Operand<TInt32> time) {
        return new Positions() {
            @Override
            public Operand<TFloat32> lookUp(Operand<TFloat32> table, int width) {
                return tf.slice(
                        table, tf.stack(List.of(first, tf.constant(0))), tf.stack(List.of(time, tf.constant(width))));
            }

            @Override
            public Operand<TFloat32> lookUpBack(Operand<TFloat32> dRows, int block, int width) {
                // Only training asks, where each row of the batch has a whole block of tokens.
                Operand<TFloat32> rows = tf.reshape(dRows, tf.constant(new int[] {-1, block, width}));
                return tf.sum(rows, tf.constant(0));
            }
        };
    }

    /** Takes them as they are given, (B, T). */
    static Positions of(Ops tf, Operand<TInt32> positions) {
        return new Positions() {
            @Override
            public Operand<TFloat32> lookUp(Operand<TFloat32> table, int width) {
                return tf.gather(table, positions, tf.constant(0));
            }

            @Override
            public Operand<TFloat32> lookUpBack(Operand<TFloat32> dRows, int block, int width) {
                Operand<TInt32> each = tf.reshape(positions, tf.constant(new int[] {-1})); // (N)
                return tf.math.unsortedSegmentSum(dRows, each, tf.constant(block));
            }
        };
    }
}
