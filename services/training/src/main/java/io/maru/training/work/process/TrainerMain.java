package io.maru.training.work.process;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.model.cluster.Cluster;
import io.maru.model.cluster.ClusterLostException;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.model.training.Trainer;
import io.maru.model.weights.Weights;
import io.maru.platform.thread.YieldingThreads;
import io.maru.training.app.TrainerSetup;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The trainer process: takes requests from its standard input, answers on its standard output, and ends when the input
 * does, so with the process that started it.
 */
public final class TrainerMain {
    private static final int IDLES_PER_LIMIT = 4;

    private final DataOutputStream out;
    /** Between two calls of a trainer that has nothing to do; none without a cluster. */
    private Duration idle = Duration.ofDays(1);

    private Trainer learner;
    private Learner.Snapshot held;
    private final ExecutorService saving = Executors.newSingleThreadExecutor(new YieldingThreads("saving"));

    private TrainerMain(DataOutputStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        TrainerMain process = new TrainerMain(
                new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out))));
        // Whatever else is printed must not come between the answers.
        System.setOut(System.err);
        BlockingQueue<Frame> requests = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> read(requests), "requests");
        reader.setDaemon(true);
        reader.start();
        while (true) {
            Frame request = requests.poll(process.idle.toMillis(), TimeUnit.MILLISECONDS);
            if (request == null) {
                process.idle();
            } else {
                process.take(request);
            }
        }
    }

    /** By a thread of its own: a step that hangs must not outlive the service that asked for it. */
    private static void read(BlockingQueue<Frame> requests) {
        DataInputStream in = new DataInputStream(System.in);
        while (true) {
            try {
                requests.add(Frame.read(in));
            } catch (IOException e) {
                Runtime.getRuntime().halt(0);
            }
        }
    }

    /** A cluster that is lost meanwhile is told of by the next answer. */
    private void idle() {
        try {
            if (learner != null) {
                learner.idle();
            }
        } catch (ClusterLostException e) {
            idle = Duration.ofDays(1);
        }
    }

    private void take(Frame request) throws IOException {
        DataInputStream in = request.in();
        switch (Frame.Request.values()[request.kind()]) {
            case SAVE -> {
                Learner.Snapshot snapshot = held;
                Path folder = Path.of(Frame.readText(in));
                saving.execute(() -> save(snapshot, folder));
            }
            case DROP -> {
                Learner.Snapshot snapshot = held;
                saving.execute(snapshot::close);
            }
            default -> write(answerTo(request));
        }
    }

    private synchronized void write(Frame frame) throws IOException {
        frame.write(out);
    }

    private Frame answerTo(Frame request) {
        try {
            DataInputStream in = request.in();
            return switch (Frame.Request.values()[request.kind()]) {
                case BEGIN -> begin(in);
                case RESUME -> resume(in);
                case FOLLOW -> follow(in);
                case STEP -> step(in);
                case VALIDATE -> validate(in);
                case HOLD -> hold();
                case END -> end();
                case SAVE, DROP -> throw new IllegalStateException("a request without an answer");
            };
        } catch (DivergedException e) {
            return Frame.of(Frame.Answer.DIVERGED, content -> {
                content.writeLong(learner.steps());
                content.writeLong(e.step());
                content.writeFloat(e.loss());
                content.writeFloat(e.gradientNorm());
                content.writeFloat(e.lossLimit());
            });
        } catch (UnsupportedModelException e) {
            return Frame.of(Frame.Answer.UNSUPPORTED, content -> Frame.writeText(content, e.getMessage()));
        } catch (CorruptFileException e) {
            return Frame.of(Frame.Answer.CORRUPT, content -> {
                Frame.writeText(content, e.file());
                Frame.writeText(content, e.place());
                Frame.writeText(content, e.found());
                Frame.writeText(content, e.expected());
            });
        } catch (IOException | RuntimeException | Error e) {
            return Frame.of(Frame.Answer.FAILED, content -> Frame.writeText(content, e.toString()));
        }
    }

    private Frame begin(DataInputStream in) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(Frame.readText(in));
        Cluster cluster = cluster(in);
        Weights initial = Weights.initial(setup.decoder(), in.readLong());
        learner = Trainer.create(
                setup.decoder(), setup.adamW(), setup.batch(), initial, setup.options(), setup.device(), cluster);
        return stands();
    }

    private Frame resume(DataInputStream in) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(Frame.readText(in));
        Cluster cluster = cluster(in);
        Path folder = Path.of(Frame.readText(in));
        learner = Trainer.resume(
                setup.decoder(), setup.adamW(), setup.batch(), folder, setup.options(), setup.device(), cluster);
        return stands();
    }

    private Frame follow(DataInputStream in) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(Frame.readText(in));
        Trainer.follow(
                setup.decoder(), setup.adamW(), setup.batch(), setup.options(), setup.device(), Frame.readCluster(in));
        return Frame.of(Frame.Answer.DONE, content -> {});
    }

    private Cluster cluster(DataInputStream in) throws IOException {
        Cluster cluster = Frame.readCluster(in);
        if (!cluster.addresses().isEmpty()) {
            idle = cluster.limit().dividedBy(IDLES_PER_LIMIT);
        }
        return cluster;
    }

    private Frame end() {
        idle = Duration.ofDays(1);
        learner.close();
        return Frame.of(Frame.Answer.DONE, content -> {});
    }

    private Frame stands() {
        return Frame.of(Frame.Answer.DONE, content -> content.writeLong(learner.steps()));
    }

    private Frame step(DataInputStream in) throws IOException {
        float rate = in.readFloat();
        float limit = in.readFloat();
        StepResult result = learner.step(Frame.readInts(in), Frame.readInts(in), rate, limit);
        return Frame.of(Frame.Answer.DONE, content -> {
            content.writeLong(result.step());
            content.writeFloat(result.loss());
            content.writeFloat(result.gradientNorm());
        });
    }

    private Frame validate(DataInputStream in) throws IOException {
        double loss = learner.validate(Frame.readInts(in), Frame.readInts(in));
        return Frame.of(Frame.Answer.DONE, content -> content.writeDouble(loss));
    }

    private Frame hold() {
        held = learner.snapshot();
        return Frame.of(Frame.Answer.DONE, content -> {});
    }

    private void save(Learner.Snapshot snapshot, Path folder) {
        Frame notice;
        try {
            Learner.Saved saved = snapshot.save(folder);
            // Nobody asks for it again.
            snapshot.close();
            notice = Frame.of(Frame.Answer.SAVED, content -> {
                for (SealedFile file : new SealedFile[] {saved.model(), saved.optimizer()}) {
                    content.writeLong(file.size());
                    Frame.writeText(content, file.sha256());
                }
            });
        } catch (IOException | RuntimeException | Error e) {
            notice = Frame.of(Frame.Answer.UNSAVED, content -> Frame.writeText(content, e.toString()));
        }
        try {
            write(notice);
        } catch (IOException e) {
            // Nobody listens any more.
            Runtime.getRuntime().halt(0);
        }
    }
}
