package io.maru.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

/** The bare graph: what the trainer keeps to itself, laid open for the tests. */
final class GptGraph implements AutoCloseable {
    private final GptConfig config;
    private final Shape rows;
    private final Graph graph = new Graph();
    private final Session session;
    private final Parameters parameters;
    private final Placeholder<TInt32> inputs;
    private final Placeholder<TInt32> targets;
    private final Operand<TFloat32> logits;
    private final Operand<TFloat32> loss;
    private final Output<?>[] gradients;

    GptGraph(Weights weights, int batch) {
        config = weights.config();
        rows = Shape.of(batch, config.block());
        Ops tf = Ops.create(graph);
        parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(rows.size())));
        Gpt gpt = new Gpt(tf, parameters, config);
        Context context = new WholeContext(tf, tf.constant(batch), tf.constant(config.block()));
        logits = gpt.logits(gpt.stream(inputs, context));
        loss = CrossEntropy.mean(tf, logits, targets);
        gradients = graph.addGradients(
                loss.asOutput(),
                names().stream()
                        .map(name -> parameters.variable(name).value().asOutput())
                        .toArray(Output<?>[]::new));
        session = new Session(graph, new DeviceOptions(2, 2).session());
        parameters.assign(session, weights);
    }

    List<String> names() {
        return config.parameters().stream().map(Parameter::name).toList();
    }

    void assign(Weights weights) {
        parameters.assign(session, weights);
    }

    /** Token after token, (B * T * V). */
    float[] logits(int[] inputIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                Result result = session.runner().feed(inputs, fed).fetch(logits).run()) {
            return Tensors.floats(result.get(0));
        }
    }

    float loss(int[] inputIds, int[] targetIds) {
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

    Map<String, float[]> gradients(int[] inputIds, int[] targetIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                TInt32 fedTargets = TInt32.vectorOf(targetIds)) {
            Session.Runner runner = session.runner().feed(inputs, fed).feed(targets, fedTargets);
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
