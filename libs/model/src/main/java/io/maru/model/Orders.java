package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;

/**
 * How rank 0 of a cluster tells the others what comes next: in a sum to which it alone adds anything. So all take the same
 * steps on the same tokens, and what decides them is in one place.
 */
final class Orders {
    private final int tokens;
    private final Shape shape;
    private final Placeholder<TInt32> given;
    private final Operand<TInt32> heard;

    /**
     * @param key of the processes as a group
     * @param tokens of a batch
     */
    Orders(Ops tf, int key, Cluster cluster, int tokens) {
        this.tokens = tokens;
        shape = Shape.of(Order.words(tokens));
        Ops processor = DeviceOptions.processor(tf);
        given = processor.placeholder(TInt32.class, Placeholder.shape(shape));
        heard = new Collective(key, List.of(processor), cluster.size())
                .sum(List.of(given))
                .get(0);
    }

    /** By rank 0. */
    void give(Runs runs, Order order) {
        exchange(runs, order.toWords(tokens));
    }

    /** By all others. */
    Order await(Runs runs) {
        return Order.ofWords(exchange(runs, new int[Order.words(tokens)]));
    }

    private int[] exchange(Runs runs, int[] words) {
        try (TInt32 fed = Tensors.of(shape, words);
                Result result = runs.run(runs.runner().feed(given, fed).fetch(heard))) {
            return Tensors.ints(result.get(0));
        }
    }
}
