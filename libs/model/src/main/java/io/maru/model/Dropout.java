package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Takes some activations away while training, so that none relies on one other.
 *
 * <p>Which ones is a pure function of the seed, the step and the place in the model. So a run that is resumed takes the
 * same ones, and so does a block that is worked out again on the way back.
 *
 * <p>Source: N. Srivastava and others, "Dropout", 2014.
 */
final class Dropout {
    private final Placeholder<TFloat32> rate; // scalar; nothing is taken away while validating
    private final Placeholder<TInt64> seed; // (2): of the run, and of the part of a step

    Dropout(Ops tf) {
        rate = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
        seed = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(2)));
    }

    Placeholder<TFloat32> rate() {
        return rate;
    }

    Placeholder<TInt64> seed() {
        return seed;
    }

    /** Which of the activations at a place stay. */
    Operand<TBool> kept(Ops tf, String place, Operand<?> x) {
        List<? extends Operand<TInt64>> seeds = tf.unstack(seed, 2L).output();
        Operand<TInt64> here = tf.math.add(seeds.get(0), tf.constant(SplitMix64.mix(place.hashCode())));
        Operand<TFloat32> chance = tf.random.statelessRandomUniform(
                tf.shape(x), tf.stack(List.of(here, seeds.get(1)), Stack.axis(0L)), TFloat32.class);
        return tf.math.greaterEqual(chance, rate);
    }
}
