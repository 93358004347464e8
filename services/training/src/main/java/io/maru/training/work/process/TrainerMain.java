package io.maru.training.work.process;

import io.maru.formats.CorruptFileException;
import io.maru.model.cluster.Cluster;
import io.maru.model.cluster.ClusterLostException;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.model.training.Trainer;
import io.maru.platform.thread.YieldingThreads;
import io.maru.training.app.FirstWeights;
import io.maru.training.app.TrainerSetup;
import io.maru.training.work.process.message.Begin;
import io.maru.training.work.process.message.Corrupt;
import io.maru.training.work.process.message.Diverged;
import io.maru.training.work.process.message.Done;
import io.maru.training.work.process.message.Follow;
import io.maru.training.work.process.message.Resume;
import io.maru.training.work.process.message.Saved;
import io.maru.training.work.process.message.Step;
import io.maru.training.work.process.message.TokenBatch;
import io.maru.training.work.process.message.TrainerAnswer;
import io.maru.training.work.process.message.TrainerRequest;
import io.maru.training.work.process.message.Workers;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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

    private final OutputStream out;
    /** Between two calls of a trainer that has nothing to do; none without a cluster. */
    private Duration idle = Duration.ofDays(1);

    private Trainer learner;
    private Learner.Snapshot held;
    private final ExecutorService saving = Executors.newSingleThreadExecutor(new YieldingThreads("saving"));

    private TrainerMain(OutputStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        TrainerMain process = new TrainerMain(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        // Whatever else is printed must not come between the answers.
        System.setOut(System.err);
        BlockingQueue<TrainerRequest> requests = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> read(requests), "requests");
        reader.setDaemon(true);
        reader.start();
        while (true) {
            TrainerRequest request = requests.poll(process.idle.toMillis(), TimeUnit.MILLISECONDS);
            if (request == null) {
                process.idle();
            } else {
                process.take(request);
            }
        }
    }

    /** By a thread of its own: a step that hangs must not outlive the service that asked for it. */
    private static void read(BlockingQueue<TrainerRequest> requests) {
        InputStream in = new BufferedInputStream(System.in);
        try {
            for (TrainerRequest request = TrainerRequest.parseDelimitedFrom(in);
                    request != null;
                    request = TrainerRequest.parseDelimitedFrom(in)) {
                requests.add(request);
            }
        } catch (IOException e) {
            System.err.println("requests: " + e.getMessage());
        }
        Runtime.getRuntime().halt(0);
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

    private void take(TrainerRequest request) throws IOException {
        switch (request.getRequestCase()) {
            case SAVE -> {
                Learner.Snapshot snapshot = held;
                Path folder = Path.of(request.getSave().getFolder());
                saving.execute(() -> save(snapshot, folder));
            }
            case DROP -> {
                Learner.Snapshot snapshot = held;
                saving.execute(snapshot::close);
            }
            case BEGIN, RESUME, FOLLOW, STEP, VALIDATE, HOLD, END, REQUEST_NOT_SET -> write(answerTo(request));
        }
    }

    private synchronized void write(TrainerAnswer.Builder answer) throws IOException {
        answer.build().writeDelimitedTo(out);
        out.flush();
    }

    private TrainerAnswer.Builder answerTo(TrainerRequest request) {
        TrainerAnswer.Builder answer = TrainerAnswer.newBuilder();
        try {
            return answer.setDone(
                    switch (request.getRequestCase()) {
                        case BEGIN -> begin(request.getBegin());
                        case RESUME -> resume(request.getResume());
                        case FOLLOW -> follow(request.getFollow());
                        case STEP -> step(request.getStep());
                        case VALIDATE -> validate(request.getValidate().getBatch());
                        case HOLD -> hold();
                        case END -> end();
                        case SAVE, DROP, REQUEST_NOT_SET ->
                            throw new IllegalStateException("a request without an answer");
                    });
        } catch (DivergedException e) {
            return answer.setDiverged(Diverged.newBuilder()
                    .setStep(learner.steps())
                    .setTriedStep(e.step())
                    .setLoss(e.loss())
                    .setGradientNorm(e.gradientNorm())
                    .setLossLimit(e.lossLimit()));
        } catch (UnsupportedModelException e) {
            return answer.setUnsupported(e.getMessage());
        } catch (CorruptFileException e) {
            return answer.setCorrupt(Corrupt.newBuilder()
                    .setFile(e.file())
                    .setPlace(e.place())
                    .setFound(e.found())
                    .setExpected(e.expected()));
        } catch (IOException | RuntimeException | Error e) {
            return answer.setFailed(e.toString());
        }
    }

    private Done begin(Begin begin) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(begin.getSetup());
        Cluster cluster = cluster(begin.getWorkers());
        FirstWeights first = new FirstWeights(
                begin.getSeed(),
                begin.getWeights().isEmpty() ? Optional.empty() : Optional.of(Path.of(begin.getWeights())));
        learner = first.make(
                setup.decoder(),
                weights -> Trainer.create(setup.task(), weights, setup.options(), setup.device(), cluster));
        return reached();
    }

    private Done resume(Resume resume) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(resume.getSetup());
        learner = Trainer.resume(
                setup.task(),
                Path.of(resume.getFolder()),
                setup.options(),
                setup.device(),
                cluster(resume.getWorkers()));
        return reached();
    }

    private static Done follow(Follow follow) {
        TrainerSetup setup = TrainerSetup.fromJson(follow.getSetup());
        Trainer.follow(setup.task(), setup.options(), setup.device(), Messages.cluster(follow.getWorkers()));
        return Done.getDefaultInstance();
    }

    private Cluster cluster(Workers workers) {
        Cluster cluster = Messages.cluster(workers);
        if (!cluster.addresses().isEmpty()) {
            idle = cluster.limit().dividedBy(IDLES_PER_LIMIT);
        }
        return cluster;
    }

    private Done end() {
        idle = Duration.ofDays(1);
        learner.close();
        return Done.getDefaultInstance();
    }

    private Done reached() {
        return Done.newBuilder().setStep(learner.steps()).build();
    }

    private Done step(Step step) {
        StepResult result = learner.step(Messages.batch(step.getBatch()), step.getLearningRate(), step.getLossLimit());
        return Done.newBuilder()
                .setStep(result.step())
                .setLoss(result.loss())
                .setGradientNorm(result.gradientNorm())
                .build();
    }

    private Done validate(TokenBatch batch) {
        double loss = learner.validate(Messages.batch(batch));
        return Done.newBuilder().setLoss(loss).build();
    }

    private Done hold() {
        held = learner.snapshot();
        return Done.getDefaultInstance();
    }

    private void save(Learner.Snapshot snapshot, Path folder) {
        TrainerAnswer.Builder notice = TrainerAnswer.newBuilder();
        try {
            Learner.Saved saved = snapshot.save(folder);
            // Nobody asks for it again.
            snapshot.close();
            notice.setSaved(Saved.newBuilder()
                    .setModel(Messages.of(saved.model()))
                    .setOptimizer(Messages.of(saved.optimizer())));
        } catch (IOException | RuntimeException | Error e) {
            notice.setUnsaved(e.toString());
        }
        try {
            write(notice);
        } catch (IOException e) {
            // Nobody listens any more.
            Runtime.getRuntime().halt(0);
        }
    }
}
