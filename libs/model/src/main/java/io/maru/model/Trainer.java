package io.maru.model;

import io.maru.formats.SafetensorsFile;
import io.maru.formats.SealedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TFloating;

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
public final class Trainer implements Learner {
    private final DecoderConfig config;
    private final TrainingOptions options;
    private final int batch; // B
    private final Shape rows; // of one part of the batch (B / parts, T)
    private final Graph graph = new Graph();
    private final Session session;
    private final Parameters parameters;
    private final Placeholder<TInt32> inputs;
    private final Placeholder<TInt32> targets;
    private final Optional<Dropout> dropout;
    private final Operand<TFloat32> loss;
    private final Optional<Accumulation> accumulation;
    /** What the mean loss of a batch's parts is fed to, once they are worked through. */
    private final Placeholder<TFloat32> partsLoss; // ()

    private final Optimizer optimizer;
    private long step;

    private Trainer(DecoderConfig config, AdamW adamW, int batch, TrainingOptions options, DeviceOptions device) {
        if (batch < 1 || (long) batch * config.block() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "batch: " + batch + " (expected: 1.." + Integer.MAX_VALUE / config.block() + ")");
        }
        if (batch % options.accumulation() != 0) {
            throw new IllegalArgumentException(
                    "accumulation: " + options.accumulation() + " (expected: a divisor of the batch, " + batch + ")");
        }
        this.config = config;
        this.options = options;
        this.batch = batch;
        this.rows = Shape.of(batch / options.accumulation(), config.block());

        Ops tf = Ops.create(graph);
        boolean gpu = Device.announceGpus(device);
        Fusion fusion = options.compilation().applies(gpu) ? new XlaFusion(graph) : Fusion.NONE;
        parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        dropout = options.dropout() > 0 ? Optional.of(new Dropout(tf)) : Optional.empty();
        Transformer.Learned<?> learned =
                switch (options.precision()) {
                    case FLOAT32 -> learn(new Kernels<>(tf, TFloat32.class, parameters, fusion, dropout));
                    case BFLOAT16 -> learn(new Kernels<>(tf, TBfloat16.class, parameters, fusion, dropout));
                };
        loss = learned.loss().mean(tf);
        accumulation = options.accumulation() == 1
                ? Optional.empty()
                : Optional.of(new Accumulation(tf, config, learned.gradients(), options.accumulation()));
        Gradients gradients = accumulation.map(Accumulation::mean).orElse(learned.gradients());
        partsLoss = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
        Operand<TFloat32> whole = accumulation.isPresent() ? partsLoss : loss;
        optimizer = new Optimizer(tf, config, adamW, parameters, gradients, whole, fusion);
        session = new Session(graph, device.session());
    }

    /** Begins a run. {@code batch} rows of {@code config.block()} tokens make a step. */
    public static Trainer create(
            DecoderConfig config,
            AdamW adamW,
            int batch,
            Weights initial,
            TrainingOptions options,
            DeviceOptions device) {
        Trainer trainer = new Trainer(config, adamW, batch, options, device);
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
    public static Trainer resume(
            DecoderConfig config, AdamW adamW, int batch, Path folder, TrainingOptions options, DeviceOptions device)
            throws IOException {
        try (SafetensorsFile model = SafetensorsFile.open(folder.resolve(MODEL_FILE));
                SafetensorsFile moments = SafetensorsFile.open(folder.resolve(OPTIMIZER_FILE))) {
            Trainer trainer = new Trainer(config, adamW, batch, options, device);
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

    @Override
    public StepResult step(int[] inputs, int[] targets, float learningRate, float lossLimit) {
        if (!(learningRate >= 0 && learningRate < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("learningRate: " + learningRate + " (expected: >= 0)");
        }
        if (!(lossLimit > 0 && lossLimit < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("lossLimit: " + lossLimit + " (expected: > 0, finite)");
        }
        requireIds("inputs", inputs);
        requireIds("targets", targets);
        try (TFloat32 rates = TFloat32.vectorOf(optimizer.rates(step + 1, learningRate));
                TFloat32 limit = TFloat32.scalarOf(lossLimit)) {
            Session.Runner runner = session.runner()
                    .feed(optimizer.rates(), rates)
                    .feed(optimizer.lossLimit(), limit)
                    .fetch(optimizer.gradientNorm());
            optimizer.updates().forEach(runner::addTarget);
            if (accumulation.isPresent()) {
                double sum = 0;
                for (int part = 0; part < options.accumulation(); part++) {
                    sum += accumulate(part, inputs, targets);
                }
                float mean = (float) (sum / options.accumulation());
                try (TFloat32 whole = TFloat32.scalarOf(mean);
                        Result result = runner.feed(partsLoss, whole).run()) {
                    return taken(mean, Tensors.scalar(result.get(0)), lossLimit);
                }
            }
            try (Fed fed = new Fed(0, inputs, targets, options.dropout());
                    Result result = fed.to(runner.fetch(loss)).run()) {
                return taken(Tensors.scalar(result.get(1)), Tensors.scalar(result.get(0)), lossLimit);
            }
        }
    }

    /** Counts a step that the optimiser took, and refuses one that it did not: the same conditions as in the graph. */
    private StepResult taken(float batchLoss, float gradientNorm, float lossLimit) {
        if (!(batchLoss <= lossLimit && gradientNorm <= Float.MAX_VALUE)) {
            throw new DivergedException(step + 1, batchLoss, gradientNorm, lossLimit);
        }
        step++;
        return new StepResult(step, batchLoss, gradientNorm);
    }

    /** The loss of a part of the batch, whose gradients join those of the parts before. */
    private float accumulate(int part, int[] inputs, int[] targets) {
        Session.Runner runner = session.runner().fetch(loss);
        accumulation.orElseThrow().of(part).forEach(runner::addTarget);
        try (Fed fed = new Fed(part, inputs, targets, options.dropout());
                Result result = fed.to(runner).run()) {
            return Tensors.scalar(result.get(0));
        }
    }

    @Override
    public double validate(int[] inputs, int[] targets) {
        requireIds("inputs", inputs);
        requireIds("targets", targets);
        double sum = 0;
        for (int part = 0; part < options.accumulation(); part++) {
            try (Fed fed = new Fed(part, inputs, targets, 0);
                    Result result = fed.to(session.runner().fetch(loss)).run()) {
                sum += Tensors.scalar(result.get(0));
            }
        }
        return sum / options.accumulation();
    }

    public DecoderConfig config() {
        return config;
    }

    @Override
    public long steps() {
        return step;
    }

    /** The weights as they are whenever they are read, which must be before this is closed. */
    public Weights weights() {
        return parameters.in(session);
    }

    @Override
    public Saved save(Path folder) throws IOException {
        SealedFile model = weights().save(folder.resolve(MODEL_FILE));
        SealedFile moments = optimizer.save(session, step, folder.resolve(OPTIMIZER_FILE));
        return new Saved(model, moments);
    }

    @Override
    public void close() {
        session.close();
        graph.close();
    }

    private <A extends TFloating> Transformer.Learned<A> learn(Kernels<A> kernels) {
        Ops tf = kernels.tf();
        Context<A> context =
                new WholeContext<>(tf, config, tf.constant(Math.toIntExact(rows.get(0))), tf.constant(config.block()));
        Operand<TInt32> each = tf.reshape(targets, tf.constant(new int[] {-1})); // (N)
        return Transformer.of(kernels, config).learn(options.recompute(), inputs, each, context);
    }

    /** One part of a batch, as tensors. */
    private final class Fed implements AutoCloseable {
        private final TInt32 inputIds;
        private final TInt32 targetIds;
        private final TFloat32 dropoutRate;
        private final TInt64 dropoutSeed;

        Fed(int part, int[] inputs, int[] targets, float rate) {
            int size = Math.toIntExact(rows.size());
            inputIds = Tensors.of(rows, Arrays.copyOfRange(inputs, part * size, (part + 1) * size));
            targetIds = Tensors.of(rows, Arrays.copyOfRange(targets, part * size, (part + 1) * size));
            dropoutRate = TFloat32.scalarOf(rate);
            dropoutSeed = TInt64.vectorOf(options.seed(), step * options.accumulation() + part);
        }

        Session.Runner to(Session.Runner runner) {
            dropout.ifPresent(some -> runner.feed(some.rate(), dropoutRate).feed(some.seed(), dropoutSeed));
            return runner.feed(Trainer.this.inputs, inputIds).feed(Trainer.this.targets, targetIds);
        }

        @Override
        public void close() {
            inputIds.close();
            targetIds.close();
            dropoutRate.close();
            dropoutSeed.close();
        }
    }

    private void requireIds(String name, int[] ids) {
        Shape whole = Shape.of(batch, config.block());
        if (ids.length != whole.size()) {
            throw new IllegalArgumentException(
                    name + ": " + ids.length + " tokens (expected: " + whole.size() + ", as " + whole + " takes)");
        }
        TokenIds.require(name, ids, config.vocabularySize());
    }
}
