package io.maru.model.decoding;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.layer.CausalMask;
import io.maru.model.layer.Context;
import io.maru.model.layer.Positions;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Squeeze;
import org.tensorflow.op.core.Stack;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * One row whose earlier tokens are remembered, so that a run costs only its new ones: decoding. B is 1.
 *
 * <pre>
 *   prefill  [a b c]  past 0   cache: a b c . . .
 *   step     [d]      past 3   cache: a b c d . .   only d is computed; it attends to a b c d
 * </pre>
 *
 * Starting over needs no clearing: what lies at or after {@code past} plus T is never looked at.
 */
final class KeyValueCache implements Context<TFloat32> {
    private final Ops tf;
    private final DecoderConfig config;
    private final Positions positions;
    private final Operand<TInt32> batch;
    private final Operand<TInt32> time;
    private final Operand<TFloat32> mask;
    private final Operand<TInt32> freshPlaces; // (K, T, 2): head and position
    private final Operand<TInt32> visible; // (3): size of the part that is looked at
    private final List<Variable<TFloat32>> caches = new ArrayList<>();

    /**
     * @param past scalar, positions that the cache holds already
     * @param time scalar, T
     */
    KeyValueCache(Ops tf, DecoderConfig config, Operand<TInt32> past, Operand<TInt32> time) {
        this.tf = tf;
        this.config = config;
        this.positions = Positions.from(tf, past, time);
        this.batch = tf.constant(1);
        this.time = time;
        this.mask = CausalMask.of(tf, config, past, time);
        Operand<TInt32> end = tf.math.add(past, time);
        this.freshPlaces = places(past, end);
        this.visible = tf.stack(List.of(tf.constant(config.keyValueHeads()), end, tf.constant(config.headWidth())));
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
    public Operand<TFloat32> keys(Operand<TFloat32> fresh) {
        return remember(fresh);
    }

    @Override
    public Operand<TFloat32> values(Operand<TFloat32> fresh) {
        return remember(fresh);
    }

    /** Gives each cache its memory. Once, before the first run. */
    void allocate(Session session) {
        Operand<TFloat32> zeros = tf.zeros(tf.constant(shape()), TFloat32.class);
        for (Variable<TFloat32> cache : caches) {
            session.run(tf.assign(cache, zeros));
        }
    }

    private Operand<TFloat32> remember(Operand<TFloat32> fresh) {
        // A reference variable: reading a resource variable that was scattered into copies all of it, at each token.
        Variable<TFloat32> cache = tf.variable(shape(), TFloat32.class);
        caches.add(cache);
        Operand<TFloat32> row = tf.squeeze(fresh, Squeeze.axis(List.of(0L))); // (K, T, D)
        Operand<TFloat32> written = tf.scatterNdUpdate(cache, freshPlaces, row); // (K, block, D)
        Operand<TFloat32> seen = tf.slice(written, tf.constant(new int[] {0, 0, 0}), visible); // (K, S, D)
        return tf.expandDims(seen, tf.constant(0)); // (1, K, S, D)
    }

    private Operand<TInt32> places(Operand<TInt32> past, Operand<TInt32> end) {
        Operand<TInt32> one = tf.constant(1);
        Operand<TInt32> heads = tf.constant(config.keyValueHeads());
        Operand<TInt32> size = tf.stack(List.of(heads, time));
        Operand<TInt32> head = tf.expandDims(tf.range(tf.constant(0), heads, one), one); // (K, 1)
        Operand<TInt32> position = tf.range(past, end, one); // (T)
        return tf.stack(
                List.of(tf.broadcastTo(head, size), tf.broadcastTo(position, size)), Stack.axis(2L)); // (K, T, 2)
    }

    private Shape shape() {
        return Shape.of(config.keyValueHeads(), config.block(), config.headWidth());
    }
}
