package io.maru.training.process;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.model.Cluster;
import io.maru.model.ClusterLostException;
import io.maru.model.DivergedException;
import io.maru.model.Learner;
import io.maru.model.StepResult;
import io.maru.model.Trainer;
import io.maru.model.UnsupportedModelException;
import io.maru.model.Weights;
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
                process.answerTo(request).write(process.out);
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

    private Frame answerTo(Frame request) {
        try {
            DataInputStream in = request.in();
            return switch (Frame.Request.values()[request.kind()]) {
                case BEGIN -> begin(in);
                case RESUME -> resume(in);
                case FOLLOW -> follow(in);
                case STEP -> step(in);
                case VALIDATE -> validate(in);
                case SAVE -> save(in);
                case END -> end();
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

    private Frame save(DataInputStream in) throws IOException {
        Learner.Saved saved = learner.save(Path.of(Frame.readText(in)));
        return Frame.of(Frame.Answer.DONE, content -> {
            for (SealedFile file : new SealedFile[] {saved.model(), saved.optimizer()}) {
                content.writeLong(file.size());
                Frame.writeText(content, file.sha256());
            }
        });
    }
}
