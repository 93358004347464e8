package io.maru.model.cluster;

import io.maru.model.data.BatchForm;
import io.maru.model.device.DeviceOptions;
import io.maru.model.tensor.Tensors;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;

/**
 * Lets rank 0 of a cluster tell the others what comes next: in a sum to which it alone adds anything. So all take the same
 * steps on the same tokens, and what decides them is in one place.
 */
public final class CommandChannel {
    private final BatchForm.Planes planes;
    private final int tokens;
    private final Shape shape;
    private final Placeholder<TInt32> given;
    private final Operand<TInt32> heard;

    /**
     * @param key of the processes as a group
     * @param form of a batch
     * @param time tokens of a row, T
     */
    public CommandChannel(Ops tf, int key, Cluster cluster, BatchForm form, int time) {
        planes = form.planes();
        tokens = Math.multiplyExact(form.rows(), time);
        shape = Shape.of(Command.words(planes, tokens));
        Ops processor = DeviceOptions.processor(tf);
        given = processor.placeholder(TInt32.class, Placeholder.shape(shape));
        heard = new Collective(key, List.of(processor), cluster.size())
                .sum(List.of(given))
                .get(0);
    }

    /** Tells the others; for rank 0. */
    public void give(TimedSession session, Command command) {
        exchange(session, command.toWords(planes, tokens));
    }

    /** Waits for what rank 0 tells; for all others. */
    public Command await(TimedSession session) {
        return Command.ofWords(planes, tokens, exchange(session, new int[Command.words(planes, tokens)]));
    }

    private int[] exchange(TimedSession session, int[] words) {
        try (TInt32 fed = Tensors.of(shape, words);
                Result result = session.run(session.runner().feed(given, fed).fetch(heard))) {
            return Tensors.ints(result.get(0));
        }
    }
}
