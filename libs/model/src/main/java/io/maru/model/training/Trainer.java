package io.maru.model.training;

import io.maru.formats.SafetensorsFile;
import io.maru.model.cluster.Broadcast;
import io.maru.model.cluster.Buckets;
import io.maru.model.cluster.Cluster;
import io.maru.model.cluster.ClusterLostException;
import io.maru.model.cluster.Collective;
import io.maru.model.cluster.Command;
import io.maru.model.cluster.CommandChannel;
import io.maru.model.cluster.TimedSession;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.data.Batch;
import io.maru.model.device.Device;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.XlaFusion;
import io.maru.model.tensor.FloatVariable;
import io.maru.model.tensor.Tensors;
import io.maru.model.tensor.TokenIds;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.TargetSession;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/*
 * Several devices, and several processes, train as one:
 *
 *     a batch       [ part 0            | part 1            ]     parts follow each other, for less memory
 *     of a part     [ replica 0 | 1 | 2 | 3 ]                     replicas work side by side, each on its rows
 *     gradients       sum over the parts, then the replicas       Collective, in Buckets
 *     their norm      mean of the replicas, for the last bits     Collective
 *     AdamW           each replica for itself, on the same bits
 *
 * Replica 0 has the weights at the start, and Broadcast gives them to all. In a cluster only rank 0 is told what to do; the
 * other ranks hear of it through CommandChannel, tokens and all. So which rows a step sees, and when it is enough, depends neither on
 * the number of devices nor on that of processes.
 */
/**
 * Trains one model: a graph of the forward pass, its gradients and AdamW, in a session that holds the weights.
 *
 * <pre>
 *   try (Trainer trainer = Trainer.create(task, Weights.initial(task.model(), seed), options, device)) {
 *       StepResult result = trainer.step(batch, learningRate.at(step));
 *       trainer.save(folder);
 *   }
 * </pre>
 *
 * On a CPU a step is a pure function of the weights, the moments and the batch, to the last bit, as long as the numbers of
 * threads, devices and processes are the same. So a run that is resumed from what {@link #save} wrote ends with the bits of
 * one that never stopped.
 *
 * <p>Not safe for use by several threads.
 */
public final class Trainer implements Learner {
    /** Of the replicas of all processes. */
    private static final int REPLICAS = 1;
    /** Of the processes. */
    private static final int PROCESSES = 2;

    private final TrainingTask task;
    private final TrainingOptions options;
    private final Cluster cluster;
    private final Shape rows; // of one replica's share of one part of the batch (B / parts / replicas, T)
    private final Graph graph = new Graph();
    private final TimedSession session;
    private final List<Replica> replicas;
    private final int replicasOfAll;
    /** What the rows that are fed add to what a validation tells, over all replicas: the same from each here, which all must
     * ask for it. */
    private final List<? extends Operand<TFloat32>> partMeasured;
    /** Of the batch, over all replicas. */
    private final Operand<TFloat32> loss;

    private final List<Optimizer> optimizers = new ArrayList<>();
    private final Optional<Broadcast> broadcast;
    private final Optional<CommandChannel> commands;
    private long step;

    private Trainer(TrainingTask task, TrainingOptions options, DeviceOptions device, Cluster cluster) {
        int batch = task.batch().rows();
        int block = task.model().block();
        if (batch % options.accumulation() != 0) {
            throw new IllegalArgumentException(
                    "accumulation: " + options.accumulation() + " (expected: a divisor of the batch, " + batch + ")");
        }
        int part = batch / options.accumulation();
        replicasOfAll = device.devices() * cluster.size();
        if (part % replicasOfAll != 0) {
            throw new IllegalArgumentException("devices: " + replicasOfAll
                    + " in all processes (expected: a divisor of " + part + ", the rows of a part)");
        }
        this.task = task;
        this.options = options;
        this.cluster = cluster;
        this.rows = Shape.of(part / replicasOfAll, block);

        Ops tf = Ops.create(graph);
        List<Ops> places = device.places(tf);
        boolean gpu = Device.announceGpus(device);
        Fusion fusion = options.compilation().applies(gpu) ? new XlaFusion(graph) : Fusion.NONE;
        replicas = places.stream()
                .map(place -> new Replica(place, task, options, rows, fusion))
                .toList();
        if (replicasOfAll == 1) {
            Replica only = replicas.get(0);
            partMeasured = List.of(only.partMeasured());
            loss = only.loss();
            optimizers.add(only.optimizer(only.gradients(), loss, only.norm(only.gradients())));
            broadcast = Optional.empty();
        } else {
            Collective group = new Collective(REPLICAS, places, replicasOfAll);
            partMeasured =
                    group.sum(replicas.stream().map(Replica::partMeasured).toList());
            List<List<Operand<TFloat32>>> sums = new Buckets(places, group, Buckets.ELEMENTS)
                    .sum(
                            replicas.get(0).shapes(),
                            replicas.stream().map(Replica::made).toList());
            loss = sums.get(0).get(sums.get(0).size() - 1);
            List<Gradients> gradients = new ArrayList<>();
            List<Operand<TFloat32>> ownNorms = new ArrayList<>();
            for (int i = 0; i < replicas.size(); i++) {
                gradients.add(replicas.get(i).gradients(sums.get(i)));
                ownNorms.add(replicas.get(i).norm(gradients.get(i)));
            }
            // Each has it of the same gradients, but not to the last bit, and with that the weights would drift apart.
            List<Operand<TFloat32>> norms = group.mean(ownNorms);
            for (int i = 0; i < replicas.size(); i++) {
                Operand<TFloat32> each = sums.get(i).get(sums.get(i).size() - 1);
                optimizers.add(replicas.get(i).optimizer(gradients.get(i), each, norms.get(i)));
            }
            broadcast = Optional.of(new Broadcast(places, group, variables()));
        }
        if (cluster.isAlone()) {
            commands = Optional.empty();
            session = new TimedSession(new Session(graph, device.session()), cluster.limit());
        } else {
            commands = Optional.of(new CommandChannel(tf, PROCESSES, cluster, task.batch(), block));
            cluster.serve(device.session());
            session = new TimedSession(
                    TargetSession.open(graph, cluster.target(), cluster.session(device.session())), cluster.limit());
        }
    }

    /** Begins a run. Adam's moments are zero, wherever the weights come from. */
    public static Trainer create(TrainingTask task, Weights initial, TrainingOptions options, DeviceOptions device) {
        return create(task, initial, options, device, Cluster.alone());
    }

    /** Begins a run as rank 0 of a cluster. */
    public static Trainer create(
            TrainingTask task, Weights initial, TrainingOptions options, DeviceOptions device, Cluster cluster) {
        Trainer trainer = new Trainer(task, options, device, leading(cluster));
        try {
            trainer.replicas.get(0).parameters().assign(trainer.session.session(), initial);
            trainer.optimizers.get(0).reset(trainer.session.session());
            trainer.broadcast.ifPresent(some -> some.run(trainer.session, true));
            return trainer;
        } catch (RuntimeException e) {
            trainer.release();
            throw e;
        }
    }

    /**
     * Goes on where a trainer with the same arguments stood when it saved to {@code folder}.
     *
     * @throws UnsupportedModelException if what lies there is of another model
     * @throws io.maru.formats.CorruptFileException if a file there is damaged
     */
    public static Trainer resume(TrainingTask task, Path folder, TrainingOptions options, DeviceOptions device)
            throws IOException {
        return resume(task, folder, options, device, Cluster.alone());
    }

    /** {@link #resume} as rank 0 of a cluster. */
    public static Trainer resume(
            TrainingTask task, Path folder, TrainingOptions options, DeviceOptions device, Cluster cluster)
            throws IOException {
        try (SafetensorsFile model = SafetensorsFile.open(folder.resolve(MODEL_FILE));
                SafetensorsFile moments = SafetensorsFile.open(folder.resolve(OPTIMIZER_FILE))) {
            Trainer trainer = new Trainer(task, options, device, leading(cluster));
            try {
                trainer.replicas.get(0).parameters().assign(trainer.session.session(), Weights.of(task.model(), model));
                trainer.step = trainer.optimizers.get(0).restore(trainer.session.session(), moments);
                trainer.broadcast.ifPresent(some -> some.run(trainer.session, true));
                return trainer;
            } catch (RuntimeException e) {
                trainer.release();
                throw e;
            }
        }
    }

    /**
     * Takes the steps that rank 0 of a cluster takes, as another rank of it, until rank 0 is closed. The other arguments
     * are those of rank 0.
     *
     * @throws ClusterLostException if another process is lost; this one is of no more use then
     */
    public static void follow(TrainingTask task, TrainingOptions options, DeviceOptions device, Cluster cluster) {
        if (cluster.rank() == 0) {
            throw new IllegalArgumentException("rank: 0 (expected: one that follows)");
        }
        Trainer trainer = new Trainer(task, options, device, cluster);
        try {
            trainer.broadcast.orElseThrow().run(trainer.session, false);
            trainer.follow();
        } finally {
            trainer.release();
        }
    }

    private static Cluster leading(Cluster cluster) {
        if (cluster.rank() != 0) {
            throw new IllegalArgumentException("rank: " + cluster.rank() + " (expected: 0, which leads)");
        }
        return cluster;
    }

    private void follow() {
        while (true) {
            Command command = commands.orElseThrow().await(session);
            step = command.step();
            switch (command.kind()) {
                case STEP -> taken(command.batch().orElseThrow(), command.learningRate(), command.lossLimit());
                case VALIDATE -> measure(command.batch().orElseThrow());
                case WAIT -> {}
                case END -> {
                    return;
                }
            }
        }
    }

    @Override
    public StepResult step(Batch given, float learningRate, float lossLimit) {
        if (!(learningRate >= 0 && learningRate < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("learningRate: " + learningRate + " (expected: >= 0)");
        }
        if (!(lossLimit > 0 && lossLimit < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("lossLimit: " + lossLimit + " (expected: > 0, finite)");
        }
        Batch batch = checked(given);
        tell(new Command(Command.Kind.STEP, step, learningRate, lossLimit, Optional.of(batch)));
        StepResult result = taken(batch, learningRate, lossLimit);
        // The same conditions as in the graph, where the optimiser took the step, or did not.
        if (!(result.loss() <= lossLimit && result.gradientNorm() <= Float.MAX_VALUE)) {
            throw new DivergedException(result.step(), result.loss(), result.gradientNorm(), lossLimit);
        }
        step = result.step();
        return result;
    }

    /** Gives what a step came to, whether it was taken or not. */
    private StepResult taken(Batch batch, float learningRate, float lossLimit) {
        boolean inParts = options.accumulation() > 1;
        for (int part = 0; inParts && part < options.accumulation(); part++) {
            Session.Runner runner = session.runner();
            for (Replica replica : replicas) {
                replica.accumulate(part).forEach(runner::addTarget);
            }
            try (Fed fed = new Fed()) {
                fed.feed(runner, part, batch, options.dropout());
                session.run(runner).close();
            }
        }
        Session.Runner runner =
                session.runner().fetch(loss).fetch(optimizers.get(0).gradientNorm());
        try (TFloat32 rates = TFloat32.vectorOf(optimizers.get(0).rates(step + 1, learningRate));
                TFloat32 limit = TFloat32.scalarOf(lossLimit);
                Fed fed = new Fed()) {
            if (!inParts) {
                fed.feed(runner, 0, batch, options.dropout());
            }
            for (Optimizer optimizer : optimizers) {
                runner.feed(optimizer.rates(), rates).feed(optimizer.lossLimit(), limit);
                optimizer.updates().forEach(runner::addTarget);
            }
            try (Result result = session.run(runner)) {
                return new StepResult(step + 1, Tensors.scalar(result.get(0)), Tensors.scalar(result.get(1)));
            }
        }
    }

    @Override
    public double validate(Batch given) {
        Batch batch = checked(given);
        tell(new Command(Command.Kind.VALIDATE, step, 0, 0, Optional.of(batch)));
        return measure(batch);
    }

    private double measure(Batch batch) {
        double sum = 0;
        for (int part = 0; part < options.accumulation(); part++) {
            Session.Runner runner = session.runner();
            partMeasured.forEach(runner::fetch);
            try (Fed fed = new Fed()) {
                fed.feed(runner, part, batch, 0);
                try (Result result = session.run(runner)) {
                    sum += Tensors.scalar(result.get(0));
                }
            }
        }
        return sum;
    }

    /**
     * Tells the other processes of the cluster, if there are any, that there is nothing to do now. To be called more often
     * than the cluster's limit, or they take this one for lost.
     */
    public void idle() {
        tell(Command.of(Command.Kind.WAIT));
    }

    public TrainingTask task() {
        return task;
    }

    @Override
    public long steps() {
        return step;
    }

    /** The weights as they are whenever they are read, which must be before this is closed. */
    public Weights weights() {
        return weights(0);
    }

    Weights weights(int replica) {
        return replicas.get(replica).parameters().in(session.session());
    }

    @Override
    public Snapshot snapshot() {
        Collection<FloatVariable> weights = replicas.get(0).parameters().variables();
        Collection<FloatVariable> moments = optimizers.get(0).moments().values();
        Session.Runner runner = session.runner();
        Stream.concat(weights.stream(), moments.stream()).forEach(variable -> runner.fetch(variable.value()));
        // Not closed: the snapshot takes over all that it holds.
        Iterator<Map.Entry<String, Tensor>> held = session.run(runner).iterator();
        TrainerSnapshot.Part model = new TrainerSnapshot.Part(Map.of("format", "pt"));
        weights.forEach(
                variable -> model.add(variable.name(), (TFloat32) held.next().getValue()));
        TrainerSnapshot.Part optimizer =
                new TrainerSnapshot.Part(optimizers.get(0).notes(step));
        moments.forEach(variable ->
                optimizer.add(variable.name(), (TFloat32) held.next().getValue()));
        return new TrainerSnapshot(model, optimizer);
    }

    /** Ends the other processes of the cluster too. */
    @Override
    public void close() {
        try {
            if (!session.isLost()) {
                tell(Command.of(Command.Kind.END));
            }
        } finally {
            release();
        }
    }

    private void release() {
        session.close();
        if (!session.isLost()) {
            graph.close();
        }
    }

    private void tell(Command command) {
        commands.ifPresent(some -> some.give(session, command));
    }

    /** What each replica here holds from one run to the next. */
    private List<List<FloatVariable>> variables() {
        List<List<FloatVariable>> all = new ArrayList<>();
        for (int i = 0; i < replicas.size(); i++) {
            all.add(Stream.concat(
                            replicas.get(i).parameters().variables().stream(),
                            optimizers.get(i).moments().values().stream())
                    .toList());
        }
        return all;
    }

    /** Holds what a run is fed: one part of a batch, each replica's share of it. */
    private final class Fed implements AutoCloseable {
        private final List<Tensor> open = new ArrayList<>();

        void feed(Session.Runner runner, int part, Batch batch, float dropoutRate) {
            for (int i = 0; i < replicas.size(); i++) {
                Replica replica = replicas.get(i);
                int share = part * replicasOfAll + cluster.rank() * replicas.size() + i;
                replica.inputs().feed(runner, batch, share, open);
                replica.dropout().ifPresent(some -> {
                    TFloat32 rate = TFloat32.scalarOf(dropoutRate);
                    open.add(rate);
                    TInt64 seed = TInt64.vectorOf(options.seed(), step, share * rows.get(0));
                    open.add(seed);
                    runner.feed(some.rate(), rate).feed(some.seed(), seed);
                });
            }
        }

        @Override
        public void close() {
            open.forEach(Tensor::close);
        }
    }

    /** Gives the batch all planes of the task's form, and refuses numbers that the graph would take for others. */
    private Batch checked(Batch given) {
        DecoderConfig model = task.model();
        Batch batch = task.batch().complete(given, model.block());
        TokenIds.require("ids", batch.ids(), model.vocabularySize());
        TokenIds.require("targets", batch.targets(), model.vocabularySize());
        batch.packing().ifPresent(texts -> {
            TokenIds.require("segments", texts.segments(), model.block());
            TokenIds.require("positions", texts.positions(), model.block());
        });
        return batch;
    }
}
