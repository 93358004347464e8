package io.maru.model.cluster;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/*
 * Every member of a group gives a tensor and gets the sum or the mean of all. TensorFlow tells one such meeting from another
 * by its key, which must be the same in every process; so all processes lay the same graph in the same order.
 *
 *     process 0   device 0   x --> CollectiveReduceV2(key 7) --> x + y + z + w
 *                 device 1   y --> CollectiveReduceV2(key 7) --> x + y + z + w
 *     process 1   device 0   z --> CollectiveReduceV2(key 7) --> x + y + z + w
 *                 device 1   w --> CollectiveReduceV2(key 7) --> x + y + z + w
 *
 * All get the same bits: each part of a sum is made once, by one of them, and handed round.
 */
/** A group of devices, of this process and of others, that add up numbers. */
public final class Collective {
    private final int key;
    private final List<Ops> places;
    private final int size;
    private int instances;

    /**
     * @param key tells the groups of a cluster apart
     * @param places of the members in this process
     * @param size members in all processes
     */
    public Collective(int key, List<Ops> places, int size) {
        this.key = key;
        this.places = places;
        this.size = size;
    }

    /** @param each a tensor of the same shape for each place */
    public <T extends TNumber> List<Operand<T>> sum(List<? extends Operand<T>> each) {
        return reduced(each, "Id");
    }

    /** @param each a tensor of the same shape for each place */
    public <T extends TNumber> List<Operand<T>> mean(List<? extends Operand<T>> each) {
        return reduced(each, "Div");
    }

    private <T extends TNumber> List<Operand<T>> reduced(List<? extends Operand<T>> each, String last) {
        int instance = ++instances;
        List<Operand<T>> reduced = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            Ops tf = places.get(i);
            // By hand: what TensorFlow's Java API offers is another version, which ends the process.
            reduced.add(tf.scope()
                    .opBuilder("CollectiveReduceV2", "reduce")
                    .addInput(each.get(i).asOutput())
                    .addInput(tf.constant(size).asOutput())
                    .addInput(tf.constant(key).asOutput())
                    .addInput(tf.constant(instance).asOutput())
                    .addInputList(new Output<?>[0])
                    .setAttr("merge_op", "Add")
                    .setAttr("final_op", last)
                    .setAttr("communication_hint", "auto")
                    // No timeout_seconds: each meeting would keep a thread until then, over or not.
                    .build()
                    .<T>output(0));
        }
        return reduced;
    }
}
