package io.maru.model;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Dropout;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Parameters;
import io.maru.model.layer.Context;
import io.maru.model.layer.Transformer;
import io.maru.model.layer.WholeContext;
import io.maru.model.tensor.Tensors;
import io.maru.model.training.TrainingOptions;
import io.maru.model.weights.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** The forward pass in plain operations, whose gradients TensorFlow derives: the judge of those written by hand. */
public final class PlainGraph implements AutoCloseable {
    private final DecoderConfig config;
    private final Shape rows;
    private final Optional<Dropout> dropout;
    private final Graph graph = new Graph();
    private final Session session;
    private final Parameters parameters;
    private final Placeholder<TInt32> inputs;
    private final Placeholder<TInt32> targets;
    private final Operand<TFloat32> logits;
    private final Operand<TFloat32> loss;
    private final Output<?>[] gradients;

    public PlainGraph(Weights weights, int batch) {
        this(weights, batch, TrainingOptions.usual());
    }

    /** @param options of which only dropout matters: it changes what is computed, and not only how */
    public PlainGraph(Weights weights, int batch, TrainingOptions options) {
        config = weights.config();
        rows = Shape.of(batch, config.block());
        Ops tf = Ops.create(graph);
        parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(rows.size())));
        dropout = TestModels.dropout(tf, options, batch);
        Kernels<TFloat32> kernels = new Kernels<>(tf, TFloat32.class, parameters, Fusion.NONE, dropout);
        Transformer<TFloat32> model = Transformer.of(kernels, config);
        Context<TFloat32> context = WholeContext.ofTexts(tf, config, tf.constant(batch), tf.constant(config.block()));
        logits = model.logits(model.stream(inputs, context));
        loss = crossEntropy(tf);
        gradients = graph.addGradients(
                loss.asOutput(),
                names().stream()
                        .map(name -> parameters.variable(name).value().asOutput())
                        .toArray(Output<?>[]::new));
        session = new Session(graph, new DeviceOptions(2, 2).session());
        parameters.assign(session, weights);
    }

    /** Of operations that TensorFlow has gradients for; the one that training takes has none. */
    private Operand<TFloat32> crossEntropy(Ops tf) {
        Operand<TFloat32> hot =
                tf.oneHot(targets, tf.constant(config.vocabularySize()), tf.constant(1f), tf.constant(0f)); // (N, V)
        Operand<TFloat32> likely = tf.sum(tf.math.mul(hot, tf.nn.logSoftmax(logits)), tf.constant(1)); // (N)
        return tf.math.neg(tf.math.mean(likely, tf.constant(0)));
    }

    public List<String> names() {
        return config.parameters().stream().map(Parameter::name).toList();
    }

    public void assign(Weights weights) {
        parameters.assign(session, weights);
    }

    /** Token after token, (B * T * V). */
    public float[] logits(int[] inputIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                Result result = session.runner().feed(inputs, fed).fetch(logits).run()) {
            return Tensors.floats(result.get(0));
        }
    }

    public float loss(int[] inputIds, int[] targetIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                TInt32 fedTargets = TInt32.vectorOf(targetIds);
                Result result = session.runner()
                        .feed(inputs, fed)
                        .feed(targets, fedTargets)
                        .fetch(loss)
                        .run()) {
            return Tensors.scalar(result.get(0));
        }
    }

    public Map<String, float[]> gradients(int[] inputIds, int[] targetIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                TInt32 fedTargets = TInt32.vectorOf(targetIds);
                TFloat32 rate = TFloat32.scalarOf(TestModels.DROPOUT);
                TInt64 seed = TInt64.vectorOf(7, 3, 0)) {
            Session.Runner runner = session.runner().feed(inputs, fed).feed(targets, fedTargets);
            dropout.ifPresent(some -> runner.feed(some.rate(), rate).feed(some.seed(), seed));
            for (Output<?> gradient : gradients) {
                runner.fetch(gradient);
            }
            Map<String, float[]> found = new LinkedHashMap<>();
            try (Result result = runner.run()) {
                for (int i = 0; i < gradients.length; i++) {
                    found.put(names().get(i), Tensors.floats(result.get(i)));
                }
            }
            return found;
        }
    }

    @Override
    public void close() {
        session.close();
        graph.close();
    }
}
