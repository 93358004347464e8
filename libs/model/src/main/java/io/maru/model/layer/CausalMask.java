package io.maru.model.layer;

import io.maru.model.configuration.DecoderConfig;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** No token attends to one that comes after it: the one rule that makes a language model of a transformer. */
public final class CausalMask {
    private CausalMask() {}

    /**
     * What is added to the scores of a run.
     *
     * @param past positions before the first new token
     * @param time new tokens, T
     * @return what to add to the scores: 0 for what may be seen, minus infinity for the future; (G T, S), once for each of
     *     the heads that share their keys
     */
    public static Operand<TFloat32> of(Ops tf, DecoderConfig config, Operand<TInt32> past, Operand<TInt32> time) {
        Operand<TInt32> zero = tf.constant(0);
        Operand<TInt32> one = tf.constant(1);
        Operand<TInt32> end = tf.math.add(past, time);
        Operand<TInt32> rows = tf.expandDims(tf.range(past, end, one), one); // (T, 1)
        Operand<TInt32> columns = tf.range(zero, end, one); // (S)
        // Minus infinity, and not a large number: softmax gives it exactly nothing, so the future moves no bit.
        Operand<TFloat32> mask = tf.select(
                tf.math.lessEqual(columns, rows), tf.constant(0f), tf.constant(Float.NEGATIVE_INFINITY)); // (T, S)
        int sharing = config.heads() / config.keyValueHeads();
        return sharing == 1 ? mask : tf.tile(mask, tf.constant(new int[] {sharing, 1}));
    }

    /**
     * Hides what is of another segment, too.
     *
     * @param mask (G T, T)
     * @param segments equal for the tokens of one text (B, T)
     * @return (B, 1, G T, T)
     */
    static Operand<TFloat32> within(Ops tf, Operand<TFloat32> mask, DecoderConfig config, Operand<TInt32> segments) {
        // As floats: a GPU compares no whole numbers. They are smaller than a row is long, so none is rounded.
        Operand<TFloat32> each = tf.dtypes.cast(segments, TFloat32.class);
        Operand<TFloat32> rows = tf.expandDims(each, tf.constant(2)); // (B, T, 1)
        Operand<TFloat32> columns = tf.expandDims(each, tf.constant(1)); // (B, 1, T)
        Operand<TFloat32> texts = tf.select(
                tf.math.equal(columns, rows), tf.constant(0f), tf.constant(Float.NEGATIVE_INFINITY)); // (B, T, T)
        int sharing = config.heads() / config.keyValueHeads();
        Operand<TFloat32> all = sharing == 1 ? texts : tf.tile(texts, tf.constant(new int[] {1, sharing, 1}));
        return tf.expandDims(tf.math.add(all, mask), tf.constant(1));
    }
}
