package io.maru.model.layer;

import io.maru.model.configuration.DecoderConfig;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** Is the context of rows that are all in this run: training and scoring. S is T. */
public final class WholeContext<A extends TFloating> implements Context<A> {
    private final Positions positions;
    private final Operand<TInt32> batch;
    private final Operand<TInt32> time;
    private final Operand<TFloat32> mask;

    private WholeContext(Positions positions, Operand<TInt32> batch, Operand<TInt32> time, Operand<TFloat32> mask) {
        this.positions = positions;
        this.batch = batch;
        this.time = time;
        this.mask = mask;
    }

    /** Each row is one text, which begins at position 0. */
    public static <A extends TFloating> WholeContext<A> ofTexts(
            Ops tf, DecoderConfig config, Operand<TInt32> batch, Operand<TInt32> time) {
        Operand<TInt32> first = tf.constant(0);
        return new WholeContext<>(Positions.from(tf, first, time), batch, time, CausalMask.of(tf, config, first, time));
    }

    /**
     * A row may hold several texts, which do not see each other.
     *
     * @param segments equal for the tokens of one text (B, T)
     * @param positions of each token in its text (B, T)
     */
    public static <A extends TFloating> WholeContext<A> ofPackedTexts(
            Ops tf,
            DecoderConfig config,
            Operand<TInt32> batch,
            Operand<TInt32> time,
            Operand<TInt32> segments,
            Operand<TInt32> positions) {
        return new WholeContext<>(
                Positions.of(tf, positions),
                batch,
                time,
                CausalMask.within(tf, CausalMask.of(tf, config, tf.constant(0), time), config, segments));
    }

    @Override
    public Positions positions() {
        return positions;
    }

    @Override
    public Operand<TInt32> batch() {
        return batch;
    }

    @Override
    public Operand<TInt32> time() {
        return time;
    }

    @Override
    public Operand<TFloat32> mask() {
        return mask;
    }

    @Override
    public Operand<A> keys(Operand<A> fresh) {
        return fresh;
    }

    @Override
    public Operand<A> values(Operand<A> fresh) {
        return fresh;
    }
}
