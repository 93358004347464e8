package io.maru.model.cluster;

import io.maru.model.tensor.FloatVariable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Gives all replicas what one of them holds: the others hold zeros, and then each the sum. Of the bits, as whole numbers, so
 * that nothing is rounded and no zero loses its sign.
 */
public final class Broadcast {
    /** Numbers that are sent in one run: fewer take less memory, more less time. */
    private static final long RUN_ELEMENTS = 1 << 24;

    private final List<List<FloatVariable>> replicas;

    private final List<List<Op>> meetings = new ArrayList<>();

    /**
     * @param places of the replicas in this process
     * @param replicas the variables of each, in the same order
     */
    public Broadcast(List<Ops> places, Collective group, List<List<FloatVariable>> replicas) {
        this.replicas = replicas;
        long elements = RUN_ELEMENTS;
        for (int i = 0; i < replicas.get(0).size(); i++) {
            int variable = i;
            List<Operand<TInt32>> sums = group.sum(IntStream.range(0, places.size())
                    .<Operand<TInt32>>mapToObj(place -> places.get(place)
                            .bitcast(replicas.get(place).get(variable).value(), TInt32.class))
                    .toList());
            elements += replicas.get(0).get(i).shape().size();
            if (elements > RUN_ELEMENTS) {
                meetings.add(new ArrayList<>());
                elements = replicas.get(0).get(i).shape().size();
            }
            for (int place = 0; place < places.size(); place++) {
                Ops tf = places.get(place);
                meetings.get(meetings.size() - 1)
                        .add(tf.assignVariableOp(
                                replicas.get(place).get(i).handle(), tf.bitcast(sums.get(place), TFloat32.class)));
            }
        }
    }

    /** @param source whether the first replica here is the one to give; its variables are assigned by then */
    public void run(TimedSession session, boolean source) {
        for (List<FloatVariable> replica : source ? replicas.subList(1, replicas.size()) : replicas) {
            FloatVariable.clear(session.session(), replica);
        }
        for (List<Op> run : meetings) {
            Session.Runner runner = session.runner();
            run.forEach(runner::addTarget);
            session.run(runner).close();
        }
    }
}
