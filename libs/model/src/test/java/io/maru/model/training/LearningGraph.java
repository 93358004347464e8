package io.maru.model.training;

import io.maru.model.TestModels;
import io.maru.model.configuration.Parameter;
import io.maru.model.data.Batch;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.XlaFusion;
import io.maru.model.tensor.Tensors;
import io.maru.model.weights.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** The forward and backward pass that the trainer takes, with its gradients laid open. */
public final class LearningGraph implements AutoCloseable {
    private final TrainingTask task;
    private final Graph graph = new Graph();
    private final Session session;
    private final Replica replica;
    private final Map<String, Operand<TFloat32>> gradients = new LinkedHashMap<>();

    public LearningGraph(TrainingTask task, Weights weights, TrainingOptions options) {
        this.task = task;
        Ops tf = Ops.create(graph);
        Fusion fusion = options.compilation().applies(false) ? new XlaFusion(graph) : Fusion.NONE;
        Shape rows = Shape.of(task.batch().rows(), task.model().block());
        replica = new Replica(tf, task, options, rows, fusion);
        for (Parameter parameter : task.trainable().of(task.model())) {
            gradients.put(parameter.name(), Kernels.cast(tf, replica.gradients().of(parameter.name()), TFloat32.class));
        }
        session = new Session(graph, TestModels.TWO_THREADS.session());
        replica.parameters().assign(session, weights);
    }

    public LearningGraph(Weights weights, int batch, TrainingOptions options) {
        this(TrainingTask.of(weights.config(), AdamW.usual(), batch), weights, options);
    }

    /** The loss under the name "loss", and the gradient of each weight that learns. */
    public Map<String, float[]> learn(Batch given) {
        Batch batch = task.batch().complete(given, task.model().block());
        List<Tensor> open = new ArrayList<>();
        try (TFloat32 rate = TFloat32.scalarOf(TestModels.DROPOUT);
                TInt64 seed = TInt64.vectorOf(7, 3, 0)) {
            Session.Runner runner = session.runner();
            replica.inputs().feed(runner, batch, 0, open);
            replica.dropout().ifPresent(some -> runner.feed(some.rate(), rate).feed(some.seed(), seed));
            runner.fetch(replica.loss());
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
        } finally {
            open.forEach(Tensor::close);
        }
    }

    @Override
    public void close() {
        session.close();
        graph.close();
    }
}
