package io.maru.model.training;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Dropout;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Parameters;
import io.maru.model.layer.Context;
import io.maru.model.layer.Transformer;
import io.maru.model.layer.WholeContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** The model on one device: its weights, a graph of the forward pass for its rows of a batch, and their gradients. */
final class Replica {
    private final Ops tf;
    private final DecoderConfig config;
    private final Fusion fusion;
    private final Parameters parameters;
    private final Placeholder<TInt32> inputs;
    private final Placeholder<TInt32> targets;
    private final Optional<Dropout> dropout;
    private final Operand<TFloat32> partLoss;
    private final Optional<Accumulation> accumulation;
    private final Gradients gradients;

    /** @param rows of one part of its share of a batch (B / parts / replicas, T) */
    Replica(Ops tf, DecoderConfig config, TrainingOptions options, Shape rows, Fusion fusion) {
        this.tf = tf;
        this.config = config;
        this.fusion = fusion;
        parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        dropout = options.dropout() > 0 ? Optional.of(new Dropout(tf, Math.toIntExact(rows.get(0)))) : Optional.empty();
        Transformer.Learned<?> learned =
                switch (options.precision()) {
                    case FLOAT32 ->
                        learn(new Kernels<>(tf, TFloat32.class, parameters, fusion, dropout), options, rows);
                    case BFLOAT16 ->
                        learn(new Kernels<>(tf, TBfloat16.class, parameters, fusion, dropout), options, rows);
                };
        partLoss = learned.loss().mean(tf);
        accumulation = options.accumulation() == 1
                ? Optional.empty()
                : Optional.of(new Accumulation(tf, config, learned.gradients(), partLoss, options.accumulation()));
        gradients = accumulation.map(Accumulation::mean).orElse(learned.gradients());
    }

    private <A extends TFloating> Transformer.Learned<A> learn(
            Kernels<A> kernels, TrainingOptions options, Shape rows) {
        Context<A> context =
                new WholeContext<>(tf, config, tf.constant(Math.toIntExact(rows.get(0))), tf.constant(config.block()));
        Operand<TInt32> each = tf.reshape(targets, tf.constant(new int[] {-1})); // (N)
        return Transformer.of(kernels, config).learn(options.recompute(), inputs, each, context);
    }

    Parameters parameters() {
        return parameters;
    }

    Placeholder<TInt32> inputs() {
        return inputs;
    }

    Placeholder<TInt32> targets() {
        return targets;
    }

    Optional<Dropout> dropout() {
        return dropout;
    }

    /** Mean over the rows that are fed. */
    Operand<TFloat32> partLoss() {
        return partLoss;
    }

    /** Mean over the replica's share of a batch, to be read after its last part, if it has parts. */
    Operand<TFloat32> loss() {
        return accumulation.map(Accumulation::loss).orElse(partLoss);
    }

    /** What a part of a batch runs. */
    List<Op> accumulate(int part) {
        return accumulation.orElseThrow().of(part);
    }

    /** Of the replica's share of a batch. */
    Gradients gradients() {
        return gradients;
    }

    /** The shapes of what {@link #made} gives. */
    static List<Shape> shapes(DecoderConfig config) {
        return Stream.concat(config.parameters().stream().map(Parameter::shape), Stream.of(Shape.scalar()))
                .toList();
    }

    /** The gradients in the order of the parameters, and then the loss. */
    List<Operand<TFloat32>> made() {
        List<Operand<TFloat32>> made = new ArrayList<>();
        for (Parameter parameter : config.parameters()) {
            made.add(Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class));
        }
        made.add(loss());
        return made;
    }

    /** @param means what {@link #made} gave, over all replicas */
    Gradients gradients(List<Operand<TFloat32>> means) {
        Gradients all = new Gradients(tf);
        for (int i = 0; i < config.parameters().size(); i++) {
            all.add(config.parameters().get(i).name(), means.get(i));
        }
        return all;
    }

    /** @param all the gradients over all replicas */
    Operand<TFloat32> norm(Gradients all) {
        return Optimizer.norm(tf, config, all);
    }

    /** All of it is over all replicas, and the same bits in each: so they take a step together or none, and stay equal. */
    Optimizer optimizer(AdamW adamW, Gradients all, Operand<TFloat32> loss, Operand<TFloat32> norm) {
        return new Optimizer(tf, config, adamW, parameters, all, loss, norm, fusion);
    }
}
