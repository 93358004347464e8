package io.maru.model.training;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm;
import io.maru.model.layer.Context;
import io.maru.model.layer.WholeContext;
import io.maru.model.objective.Targets;
import io.maru.model.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** Takes a replica's share of a batch into its graph. There is an input for each plane that the batches have. */
final class BatchInputs {
    private final Ops tf;
    private final Shape rows;
    private final long count;
    private final Placeholder<TInt32> ids;
    private final Placeholder<TInt32> targets;
    private final Optional<Weights> weights;
    private final Optional<Texts> texts;

    private record Weights(Placeholder<TFloat32> each, Placeholder<TFloat32> total) {}

    private record Texts(Placeholder<TInt32> segments, Placeholder<TInt32> positions) {}

    /**
     * @param rows of the share that is fed at once (B / parts / replicas, T)
     * @param count targets of the whole batch
     */
    BatchInputs(Ops tf, BatchForm.Planes planes, Shape rows, long count) {
        this.tf = tf;
        this.rows = rows;
        this.count = count;
        ids = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        weights = planes.hasWeights()
                ? Optional.of(new Weights(
                        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(rows.size()))),
                        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()))))
                : Optional.empty();
        texts = planes.hasTexts()
                ? Optional.of(new Texts(
                        tf.placeholder(TInt32.class, Placeholder.shape(rows)),
                        tf.placeholder(TInt32.class, Placeholder.shape(rows))))
                : Optional.empty();
    }

    Operand<TInt32> ids() {
        return ids;
    }

    Targets targets() {
        return new Targets(
                tf.reshape(targets, tf.constant(new int[] {-1})), // (N)
                count,
                weights.map(some -> new Targets.Weighting(some.each(), some.total())));
    }

    <A extends TFloating> Context<A> context(DecoderConfig config) {
        Operand<TInt32> batch = tf.constant(Math.toIntExact(rows.get(0)));
        Operand<TInt32> time = tf.constant(Math.toIntExact(rows.get(1)));
        return texts.<Context<A>>map(
                        some -> WholeContext.ofPackedTexts(tf, config, batch, time, some.segments(), some.positions()))
                .orElseGet(() -> WholeContext.ofTexts(tf, config, batch, time));
    }

    /**
     * Feeds a share to a run.
     *
     * @param batch the whole one, with all planes
     * @param share counted from 0
     * @param open what the caller is to close after the run
     */
    void feed(Session.Runner runner, Batch batch, int share, List<Tensor> open) {
        int size = Math.toIntExact(rows.size());
        int from = share * size;
        feed(runner, ids, batch.ids(), from, open);
        feed(runner, targets, batch.targets(), from, open);
        weights.ifPresent(some -> {
            float[] plane = batch.weights().orElseThrow();
            TFloat32 each = Tensors.of(Shape.of(size), into -> into.put(plane, from, size));
            open.add(each);
            double sum = batch.totalWeight();
            // Where nothing is learnt from, all weights are 0, and so is each loss and gradient.
            TFloat32 total = TFloat32.scalarOf(sum > 0 ? (float) sum : 1);
            open.add(total);
            runner.feed(some.each(), each).feed(some.total(), total);
        });
        texts.ifPresent(some -> {
            Batch.Packing packing = batch.packing().orElseThrow();
            feed(runner, some.segments(), packing.segments(), from, open);
            feed(runner, some.positions(), packing.positions(), from, open);
        });
    }

    private void feed(Session.Runner runner, Placeholder<TInt32> input, int[] plane, int from, List<Tensor> open) {
        TInt32 tensor = Tensors.of(rows, Arrays.copyOfRange(plane, from, from + Math.toIntExact(rows.size())));
        open.add(tensor);
        runner.feed(input, tensor);
    }
}
