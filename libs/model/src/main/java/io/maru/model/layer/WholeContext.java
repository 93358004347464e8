package io.maru.model.layer;

import io.maru.model.configuration.DecoderConfig;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** Rows that begin at position 0 and are all in this run: training and scoring. S is T. */
public final class WholeContext<A extends TFloating> implements Context<A> {
    private final Operand<TInt32> past;
    private final Operand<TInt32> batch;
    private final Operand<TInt32> time;
    private final Operand<TFloat32> mask;

    public WholeContext(Ops tf, DecoderConfig config, Operand<TInt32> batch, Operand<TInt32> time) {
        this.past = tf.constant(0);
        this.batch = batch;
        this.time = time;
        this.mask = CausalMask.of(tf, config, past, time);
    }

    @Override
    public Operand<TInt32> past() {
        return past;
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
