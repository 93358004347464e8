package io.maru.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** The forward and backward pass that the trainer takes, with its gradients laid open. */
final class LearningGraph implements AutoCloseable {
    private final DecoderConfig config;
    private final Shape rows;
    private final Graph graph = new Graph();
    private final Session session;
    private final Placeholder<TInt32> inputs;
    private final Placeholder<TInt32> targets;
    private final Operand<TFloat32> loss;
    private final Map<String, Operand<TFloat32>> gradients = new LinkedHashMap<>();

    LearningGraph(Weights weights, int batch) {
        config = weights.config();
        rows = Shape.of(batch, config.block());
        Ops tf = Ops.create(graph);
        Parameters parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(rows.size())));
        Kernels<TFloat32> kernels = Kernels.plain(tf, parameters);
        Context<TFloat32> context = new WholeContext<>(tf, config, tf.constant(batch), tf.constant(config.block()));
        Transformer.Learned<TFloat32> learned =
                Transformer.of(kernels, config).learn(kernels, inputs, targets, context);
        loss = learned.loss().mean(tf);
        for (Parameter parameter : config.parameters()) {
            gradients.put(parameter.name(), Kernels.cast(tf, learned.gradients().of(parameter.name()), TFloat32.class));
        }
        session = new Session(graph, TestModels.TWO_THREADS.session());
        parameters.assign(session, weights);
    }

    /** The loss under the name "loss", and the gradient of each weight. */
    Map<String, float[]> learn(int[] inputIds, int[] targetIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                TInt32 fedTargets = TInt32.vectorOf(targetIds)) {
            Session.Runner runner = session.runner().feed(inputs, fed).feed(targets, fedTargets);
            runner.fetch(loss);
            gradients.values().forEach(runner::fetch);
            Map<String, float[]> found = new LinkedHashMap<>();
            try (Result result = runner.run()) {
                found.put("loss", Tensors.floats(result.get(0)));
                List<String> names = List.copyOf(gradients.keySet());
                for (int i = 0; i < names.size(); i++) {
                    found.put(names.get(i), Tensors.floats(result.get(i + 1)));
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
