package io.maru.model;

import io.maru.formats.SafetensorsFile;
import io.maru.formats.SealedFile;
import java.io.IOException;
import java.nio.file.Path;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Trains one model: a graph of the forward pass, its gradients and AdamW, in a session that holds the weights.
 *
 * <pre>
 *   try (Trainer trainer = Trainer.create(config, AdamW.usual(), batch, Weights.initial(config, seed), options)) {
 *       StepResult result = trainer.step(inputs, targets, learningRate.at(step));
 *       trainer.save(folder);
 *   }
 * </pre>
 *
 * On a CPU a step is a pure function of the weights, the moments and the batch, to the last bit, as long as the number of
 * threads is the same. So a run that is resumed from what {@link #save} wrote ends with the bits of one that never
 * stopped.
 *
 * <p>Not safe for use by several threads.
 */
public final class Trainer implements AutoCloseable {
    /** What {@link #save} writes the weights to, readable by Hugging Face. */
    public static final String MODEL_FILE = "model.safetensors";
    /** What {@link #save} writes Adam's moments and the step to. */
    public static final String OPTIMIZER_FILE = "optimizer.safetensors";

    private final DecoderConfig config;
    private final Shape rows; // (B, T)
    private final Graph graph = new Graph();
    private final Session session;
    private final Parameters parameters;
    private final Placeholder<TInt32> inputs; // (B, T)
    private final Placeholder<TInt32> targets; // (B, T)
    private final Operand<TFloat32> loss;
    private final Optimizer optimizer;
    private long step;

    private Trainer(DecoderConfig config, AdamW adamW, int batch, DeviceOptions options) {
        if (batch < 1 || (long) batch * config.block() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "batch: " + batch + " (expected: 1.." + Integer.MAX_VALUE / config.block() + ")");
        }
        this.config = config;
        this.rows = Shape.of(batch, config.block());

        Ops tf = Ops.create(graph);
        parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        Kernels<TFloat32> kernels = Kernels.plain(tf, parameters);
        Context<TFloat32> context = new WholeContext<>(tf, config, tf.constant(batch), tf.constant(config.block()));
        Transformer.Learned<TFloat32> learned = Transformer.of(kernels, config)
                .learn(kernels, inputs, tf.reshape(targets, tf.constant(new int[] {-1})), context);
        loss = learned.loss().mean(tf);
        optimizer = new Optimizer(tf, config, adamW, parameters, learned.gradients());
        session = new Session(graph, options.session());
    }

    /** Begins a run. {@code batch} rows of {@code config.block()} tokens make a step. */
    public static Trainer create(DecoderConfig config, AdamW adamW, int batch, Weights initial, DeviceOptions options) {
        Trainer trainer = new Trainer(config, adamW, batch, options);
        try {
            trainer.parameters.assign(trainer.session, initial);
            trainer.optimizer.reset(trainer.session);
            return trainer;
        } catch (RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    /**
     * Goes on where a trainer with the same arguments stood when it saved to {@code folder}.
     *
     * @throws UnsupportedModelException if what lies there is of another model
     * @throws io.maru.formats.CorruptFileException if a file there is damaged
     */
    public static Trainer resume(DecoderConfig config, AdamW adamW, int batch, Path folder, DeviceOptions options)
            throws IOException {
        try (SafetensorsFile model = SafetensorsFile.open(folder.resolve(MODEL_FILE));
                SafetensorsFile moments = SafetensorsFile.open(folder.resolve(OPTIMIZER_FILE))) {
            Trainer trainer = new Trainer(config, adamW, batch, options);
            try {
                trainer.parameters.assign(trainer.session, Weights.of(config, model));
                trainer.step = trainer.optimizer.restore(trainer.session, moments);
                return trainer;
            } catch (RuntimeException e) {
                trainer.close();
                throw e;
            }
        }
    }

    /**
     * One step of AdamW.
     *
     * @param inputs token ids, row after row (B * T)
     * @param targets the token after each of them (B * T)
     * @throws DivergedException if the loss or the gradient is not finite; the weights are of no more use then
     */
    public StepResult step(int[] inputs, int[] targets, float learningRate) {
        if (!(learningRate >= 0 && learningRate < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("learningRate: " + learningRate + " (expected: >= 0)");
        }
        try (TInt32 fedInputs = ids("inputs", inputs);
                TInt32 fedTargets = ids("targets", targets);
                TFloat32 rates = TFloat32.vectorOf(optimizer.rates(step + 1, learningRate))) {
            Session.Runner runner = session.runner()
                    .feed(this.inputs, fedInputs)
                    .feed(this.targets, fedTargets)
                    .feed(optimizer.rates(), rates)
                    .fetch(loss)
                    .fetch(optimizer.gradientNorm());
            optimizer.updates().forEach(runner::addTarget);
            try (Result result = runner.run()) {
                step++;
                return finite(new StepResult(step, Tensors.scalar(result.get(0)), Tensors.scalar(result.get(1))));
            }
        }
    }

    /** Mean loss of a batch, in nats per token, without learning from it. Arguments as in {@link #step}. */
    public double validate(int[] inputs, int[] targets) {
        try (TInt32 fedInputs = ids("inputs", inputs);
                TInt32 fedTargets = ids("targets", targets);
                Result result = session.runner()
                        .feed(this.inputs, fedInputs)
                        .feed(this.targets, fedTargets)
                        .fetch(loss)
                        .run()) {
            return Tensors.scalar(result.get(0));
        }
    }

    public DecoderConfig config() {
        return config;
    }

    /** Optimiser steps taken. */
    public long steps() {
        return step;
    }

    /** A copy of the weights as they are now. */
    public Weights weights() {
        return parameters.read(session);
    }

    /** Writes {@link #MODEL_FILE} and {@link #OPTIMIZER_FILE}: all that {@link #resume} needs. */
    public Saved save(Path folder) throws IOException {
        SealedFile model = weights().save(folder.resolve(MODEL_FILE));
        SealedFile moments = optimizer.save(session, step, folder.resolve(OPTIMIZER_FILE));
        return new Saved(model, moments);
    }

    /** The files that {@link #save} wrote. */
    public record Saved(SealedFile model, SealedFile optimizer) {}

    @Override
    public void close() {
        session.close();
        graph.close();
    }

    private TInt32 ids(String name, int[] ids) {
        if (ids.length != rows.size()) {
            throw new IllegalArgumentException(
                    name + ": " + ids.length + " tokens (expected: " + rows.size() + ", as " + rows + " takes)");
        }
        TokenIds.require(name, ids, config.vocabularySize());
        return Tensors.of(rows, ids);
    }

    private static StepResult finite(StepResult result) {
        if (!Float.isFinite(result.loss()) || !Float.isFinite(result.gradientNorm())) {
            throw new DivergedException(result.step(), result.loss(), result.gradientNorm());
        }
        return result;
    }
}
