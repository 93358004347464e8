package io.maru.model;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Dropout;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Parameters;
import io.maru.model.kernel.XlaFusion;
import io.maru.model.layer.Context;
import io.maru.model.layer.Recompute;
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

/** The forward and backward pass that the trainer takes, with its gradients laid open. */
public final class LearningGraph implements AutoCloseable {
    private final DecoderConfig config;
    private final Shape rows;
    private final Recompute recompute;
    private final Optional<Dropout> dropout;
    private final Graph graph = new Graph();
    private final Session session;
    private final Placeholder<TInt32> inputs;
    private final Placeholder<TInt32> targets;
    private final Operand<TFloat32> loss;
    private final Map<String, Operand<TFloat32>> gradients = new LinkedHashMap<>();

    public LearningGraph(Weights weights, int batch, TrainingOptions options) {
        config = weights.config();
        rows = Shape.of(batch, config.block());
        Ops tf = Ops.create(graph);
        Parameters parameters = new Parameters(tf, config);
        inputs = tf.placeholder(TInt32.class, Placeholder.shape(rows));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(rows.size())));
        recompute = options.recompute();
        dropout = TestModels.dropout(tf, options, batch);
        Fusion fusion = options.compilation().applies(false) ? new XlaFusion(graph) : Fusion.NONE;
        Transformer.Learned<?> learned =
                switch (options.precision()) {
                    case FLOAT32 -> learn(new Kernels<>(tf, TFloat32.class, parameters, fusion, dropout), batch);
                    case BFLOAT16 -> learn(new Kernels<>(tf, TBfloat16.class, parameters, fusion, dropout), batch);
                };
        loss = learned.loss().mean(tf);
        for (Parameter parameter : config.parameters()) {
            gradients.put(parameter.name(), Kernels.cast(tf, learned.gradients().of(parameter.name()), TFloat32.class));
        }
        session = new Session(graph, TestModels.TWO_THREADS.session());
        parameters.assign(session, weights);
    }

    private <A extends TFloating> Transformer.Learned<A> learn(Kernels<A> kernels, int batch) {
        Ops tf = kernels.tf();
        Context<A> context = new WholeContext<>(tf, config, tf.constant(batch), tf.constant(config.block()));
        return Transformer.of(kernels, config).learn(recompute, inputs, targets, context);
    }

    /** The loss under the name "loss", and the gradient of each weight. */
    public Map<String, float[]> learn(int[] inputIds, int[] targetIds) {
        try (TInt32 fed = Tensors.of(rows, inputIds);
                TInt32 fedTargets = TInt32.vectorOf(targetIds);
                TFloat32 rate = TFloat32.scalarOf(TestModels.DROPOUT);
                TInt64 seed = TInt64.vectorOf(7, 3, 0)) {
            Session.Runner runner = session.runner().feed(inputs, fed).feed(targets, fedTargets);
            dropout.ifPresent(some -> runner.feed(some.rate(), rate).feed(some.seed(), seed));
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
