package io.maru.model.kernel;

import io.maru.model.random.SplitMix64;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Stack;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Takes some activations away while training, so that none relies on one other.
 *
 * <p>Which ones is a pure function of the seed, the step, the place in the model and the row of the batch. So a run that is
 * resumed takes the same ones, and so do a block that is worked out again on the way back, a batch in parts, and a batch
 * that several devices share.
 *
 * <p>Source: N. Srivastava and others, "Dropout", 2014.
 */
public final class Dropout {
    /** Numbers that the generator gives at once; it counts by them. */
    private static final int GROUP = 4;

    /** Philox, whose numbers depend on nothing but key and counter. */
    private static final int ALGORITHM = 1;

    private final int rows;
    private final Placeholder<TFloat32> rate; // scalar; nothing is taken away while validating
    private final Placeholder<TInt64> seed; // (3): of the run, the step, and the first row

    /** @param rows of a batch that are worked through together; every activation's first axis is theirs */
    public Dropout(Ops tf, int rows) {
        this.rows = rows;
        rate = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
        seed = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(3)));
    }

    public Placeholder<TFloat32> rate() {
        return rate;
    }

    public Placeholder<TInt64> seed() {
        return seed;
    }

    /** Which of the activations at a place stay. */
    Operand<TBool> kept(Ops tf, String place, Operand<?> x) {
        List<? extends Operand<TInt64>> seeds = tf.unstack(seed, 3L).output();
        Operand<TInt64> here = tf.math.add(seeds.get(0), tf.constant(SplitMix64.mix(place.hashCode())));
        Operand<TInt32> elements = tf.math.div(tf.size(x), tf.constant(rows)); // of a row
        Operand<TInt32> groups = tf.math.div(tf.math.add(elements, tf.constant(GROUP - 1)), tf.constant(GROUP));
        Operand<TInt64> first = tf.math.mul(seeds.get(2), tf.dtypes.cast(groups, TInt64.class));
        Operand<TFloat32> chance = tf.random.statelessRandomUniformV2(
                tf.stack(List.of(tf.constant(rows), tf.math.mul(groups, tf.constant(GROUP)))),
                unsigned(tf, tf.stack(List.of(here), Stack.axis(0L))),
                unsigned(tf, tf.stack(List.of(first, seeds.get(1)), Stack.axis(0L))),
                tf.constant(ALGORITHM),
                TFloat32.class); // (rows, elements or up to three more)
        if (x.shape().size() % ((long) rows * GROUP) != 0) {
            chance = tf.slice(chance, tf.constant(new int[] {0, 0}), tf.stack(List.of(tf.constant(rows), elements)));
        }
        return tf.math.greaterEqual(tf.reshape(chance, tf.shape(x)), rate);
    }

    /** The same bits; TensorFlow's Java API has no type for them. */
    private static Output<?> unsigned(Ops tf, Operand<TInt64> bits) {
        return tf.scope()
                .opBuilder("Bitcast", "unsigned")
                .addInput(bits.asOutput())
                .setAttr("type", DataType.DT_UINT64)
                .build()
                .output(0);
    }
}
