package io.maru.model.training;

import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Dropout;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Parameters;
import io.maru.model.layer.Transformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** Holds the model on one device: its weights, a graph of the forward pass for its rows of a batch, and their gradients. */
final class Replica {
    private final Ops tf;
    private final TrainingTask task;
    private final List<Parameter> learnt;
    private final Fusion fusion;
    private final Parameters parameters;
    private final BatchInputs inputs;
    private final Optional<Dropout> dropout;
    private final Operand<TFloat32> partLoss;
    private final Operand<TFloat32> partMeasured;
    private final Optional<Accumulation> accumulation;
    private final Gradients gradients;

    /** @param rows of one part of its share of a batch (B / parts / replicas, T) */
    Replica(Ops tf, TrainingTask task, TrainingOptions options, Shape rows, Fusion fusion) {
        this.tf = tf;
        this.task = task;
        learnt = task.trainable().of(task.model());
        this.fusion = fusion;
        parameters = new Parameters(tf, task.model());
        inputs = new BatchInputs(
                tf,
                task.batch().planes(),
                rows,
                (long) task.batch().rows() * task.model().block());
        dropout = options.dropout() > 0 ? Optional.of(new Dropout(tf, Math.toIntExact(rows.get(0)))) : Optional.empty();
        Transformer.Learned<?> learned =
                switch (options.precision()) {
                    case FLOAT32 -> learn(new Kernels<>(tf, TFloat32.class, parameters, fusion, dropout), options);
                    case BFLOAT16 -> learn(new Kernels<>(tf, TBfloat16.class, parameters, fusion, dropout), options);
                };
        partLoss = learned.loss().value();
        partMeasured = learned.loss().measured();
        accumulation = options.accumulation() == 1
                ? Optional.empty()
                : Optional.of(new Accumulation(tf, learnt, learned.gradients(), partLoss));
        gradients = accumulation.map(Accumulation::sum).orElse(learned.gradients());
    }

    private <A extends TFloating> Transformer.Learned<A> learn(Kernels<A> kernels, TrainingOptions options) {
        Set<String> names = learnt.stream().map(Parameter::name).collect(Collectors.toSet());
        return Transformer.of(kernels, task.model())
                .learn(
                        task.objective(),
                        names::contains,
                        options.recompute(),
                        inputs.ids(),
                        inputs.targets(),
                        inputs.context(task.model()));
    }

    Parameters parameters() {
        return parameters;
    }

    BatchInputs inputs() {
        return inputs;
    }

    Optional<Dropout> dropout() {
        return dropout;
    }

    /** Gives what the rows that are fed add to what a validation tells of the batch. */
    Operand<TFloat32> partMeasured() {
        return partMeasured;
    }

    /** Gives what the replica adds to the loss of the batch, to be read after its last part, if it has parts. */
    Operand<TFloat32> loss() {
        return accumulation.map(Accumulation::loss).orElse(partLoss);
    }

    /** Gives what a part of a batch runs. */
    List<Op> accumulate(int part) {
        return accumulation.orElseThrow().of(part);
    }

    /** Gives what the replica's share of a batch adds to the gradients. */
    Gradients gradients() {
        return gradients;
    }

    /** Gives the shapes of what {@link #made} gives. */
    List<Shape> shapes() {
        return Stream.concat(learnt.stream().map(Parameter::shape), Stream.of(Shape.scalar()))
                .toList();
    }

    /** Gives the gradients in the order of the parameters, and then the loss. */
    List<Operand<TFloat32>> made() {
        List<Operand<TFloat32>> made = new ArrayList<>();
        for (Parameter parameter : learnt) {
            made.add(Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class));
        }
        made.add(loss());
        return made;
    }

    /** @param sums what {@link #made} gave, added up over all replicas */
    Gradients gradients(List<Operand<TFloat32>> sums) {
        Gradients all = new Gradients(tf, name -> true);
        for (int i = 0; i < learnt.size(); i++) {
            all.add(learnt.get(i).name(), sums.get(i));
        }
        return all;
    }

    /** @param all the gradients over all replicas */
    Operand<TFloat32> norm(Gradients all) {
        return Optimizer.norm(tf, learnt, all);
    }

    /** All of it is over all replicas, and the same bits in each: so they take a step together or none, and stay equal. */
    Optimizer optimizer(Gradients all, Operand<TFloat32> loss, Operand<TFloat32> norm) {
        return new Optimizer(tf, learnt, task.adamW(), parameters, all, loss, norm, fusion);
    }
}
