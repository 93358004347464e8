package io.maru.training.work.process;

import io.maru.formats.CorruptFileException;
import io.maru.model.cluster.Cluster;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.data.Batch;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.training.app.FirstWeights;
import io.maru.training.app.TrainerLostException;
import io.maru.training.app.TrainerSetup;
import io.maru.training.work.process.message.Begin;
import io.maru.training.work.process.message.Corrupt;
import io.maru.training.work.process.message.Diverged;
import io.maru.training.work.process.message.Done;
import io.maru.training.work.process.message.Drop;
import io.maru.training.work.process.message.End;
import io.maru.training.work.process.message.Follow;
import io.maru.training.work.process.message.Hold;
import io.maru.training.work.process.message.Resume;
import io.maru.training.work.process.message.Save;
import io.maru.training.work.process.message.Step;
import io.maru.training.work.process.message.TrainerAnswer;
import io.maru.training.work.process.message.TrainerRequest;
import io.maru.training.work.process.message.Validate;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A trainer in a process of its own. It can be killed, whatever state TensorFlow is in, and its memory is its own.
 *
 * <pre>
 *   try (TrainerProcess trainer = TrainerProcess.start(Duration.ofMinutes(5))) {
 *       trainer.begin(setup, FirstWeights.of(seed));
 *       trainer.step(batch, rate);
 *       trainer.peakResidentBytes();
 *   }
 * </pre>
 *
 * Each method throws {@link TrainerLostException} where the process died, did not answer within its limit, or failed; it is
 * gone by then. Not safe for use by several threads, but for {@link #close} and for what {@link #snapshot} gives.
 */
public final class TrainerProcess implements Learner {
    private static final System.Logger log = System.getLogger(TrainerProcess.class.getName());
    private static final Duration PARTING = Duration.ofSeconds(2);
    private static final Duration WANTED_PERIOD = Duration.ofMillis(500);

    private final Process process;
    private final Duration limit;
    private final OutputStream requests;
    /** Empty where there will be no more. */
    private final BlockingQueue<Optional<TrainerAnswer>> answers = new LinkedBlockingQueue<>();
    /** Of what was saved, or was not; empty where there will be no more. */
    private final BlockingQueue<Optional<TrainerAnswer>> notices = new LinkedBlockingQueue<>();

    private boolean leads;
    private long steps;

    private TrainerProcess(Process process, Duration limit) {
        this.process = process;
        this.limit = limit;
        this.requests = new BufferedOutputStream(process.getOutputStream());
        Thread reader = new Thread(this::read, "trainer-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * @param limit of each answer; the first one waits for TensorFlow to load
     * @param what it is, for who looks at the machine's processes
     */
    public static TrainerProcess start(Duration limit, String... what) throws IOException {
        return new TrainerProcess(
                new ProcessBuilder(TrainerCommand.ofThisProcess(what).words())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start(),
                limit);
    }

    /** Makes a trainer of weights without moments. */
    public void begin(TrainerSetup setup, FirstWeights first) {
        begin(setup, first, Cluster.alone());
    }

    /** Makes one that leads a cluster. */
    void begin(TrainerSetup setup, FirstWeights first, Cluster cluster) {
        leads = !cluster.addresses().isEmpty();
        reached(ask(TrainerRequest.newBuilder()
                .setBegin(Begin.newBuilder()
                        .setSetup(setup.toJson())
                        .setWorkers(Messages.of(cluster))
                        .setSeed(first.seed())
                        .setWeights(first.file()
                                .map(file -> file.toAbsolutePath().toString())
                                .orElse("")))));
    }

    /**
     * Makes a trainer that goes on where another one stood when it saved to {@code folder}.
     *
     * @throws UnsupportedModelException if what lies there is of another model
     * @throws CorruptFileException if a file there is damaged
     */
    public void resume(TrainerSetup setup, Path folder) {
        resume(setup, folder, Cluster.alone());
    }

    /** {@link #resume} of one that leads a cluster. */
    void resume(TrainerSetup setup, Path folder, Cluster cluster) {
        leads = !cluster.addresses().isEmpty();
        reached(ask(TrainerRequest.newBuilder()
                .setResume(Resume.newBuilder()
                        .setSetup(setup.toJson())
                        .setWorkers(Messages.of(cluster))
                        .setFolder(folder.toAbsolutePath().toString()))));
    }

    @Override
    public StepResult step(Batch batch, float learningRate, float lossLimit) {
        Done done = ask(TrainerRequest.newBuilder()
                .setStep(Step.newBuilder()
                        .setBatch(Messages.of(batch))
                        .setLearningRate(learningRate)
                        .setLossLimit(lossLimit)));
        reached(done);
        return new StepResult(done.getStep(), (float) done.getLoss(), done.getGradientNorm());
    }

    @Override
    public double validate(Batch batch) {
        return ask(TrainerRequest.newBuilder().setValidate(Validate.newBuilder().setBatch(Messages.of(batch))))
                .getLoss();
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public Snapshot snapshot() {
        ask(TrainerRequest.newBuilder().setHold(Hold.getDefaultInstance()));
        return new Held();
    }

    /** What the process holds. Of another thread than the process's other methods, so it closes nothing. */
    private final class Held implements Snapshot {
        private boolean dropped;

        @Override
        public Saved save(Path folder) throws IOException {
            try {
                write(TrainerRequest.newBuilder()
                        .setSave(Save.newBuilder()
                                .setFolder(folder.toAbsolutePath().toString())));
            } catch (IOException e) {
                throw gone();
            }
            // Without a limit: the steps beside it have theirs, and the end of the process ends this too.
            TrainerAnswer notice;
            try {
                notice = notices.take().orElseThrow(() -> gone());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TrainerLostException("trainer process " + process.pid() + ": SAVE: interrupted");
            }
            if (!notice.hasSaved()) {
                throw new IOException(notice.getUnsaved());
            }
            return new Saved(
                    Messages.file(notice.getSaved().getModel()),
                    Messages.file(notice.getSaved().getOptimizer()));
        }

        @Override
        public void close() {
            if (!dropped && process.isAlive()) {
                try {
                    write(TrainerRequest.newBuilder().setDrop(Drop.getDefaultInstance()));
                } catch (IOException e) {
                    log.log(System.Logger.Level.DEBUG, "trainer process {0} is gone already", process.pid());
                }
            }
            dropped = true;
        }
    }

    private TrainerLostException gone() {
        return new TrainerLostException(
                String.format(Locale.ROOT, "trainer process %d: SAVE: ended (expected: an answer)", process.pid()));
    }

    public long pid() {
        return process.pid();
    }

    /** Tells the maximum of memory that it has had in use so far, in bytes. */
    public long peakResidentBytes() {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElseThrow(() -> lost("no VmHWM in " + status + " (expected: a running process)"));
        } catch (IOException e) {
            throw lost(status + ": " + e.getMessage() + " (expected: a running process)");
        }
    }

    /** Follows the one that leads a cluster, until that one ends, or as long as it is wanted. */
    void follow(TrainerSetup setup, Cluster cluster, BooleanSupplier wanted) throws InterruptedException {
        TrainerRequest.Builder request = TrainerRequest.newBuilder()
                .setFollow(Follow.newBuilder().setSetup(setup.toJson()).setWorkers(Messages.of(cluster)));
        send(request);
        while (wanted.getAsBoolean()) {
            Optional<TrainerAnswer> answer = answers.poll(WANTED_PERIOD.toMillis(), TimeUnit.MILLISECONDS);
            if (answer != null) {
                done(answer.orElseThrow(() -> died(request)));
                return;
            }
        }
    }

    /** Kills the process; those that follow it end by themselves. */
    @Override
    public void close() {
        if (leads && process.isAlive()) {
            leads = false;
            end();
        }
        process.destroyForcibly();
        boolean interrupted = false;
        while (true) {
            try {
                process.waitFor();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (InputStream in = new BufferedInputStream(process.getInputStream())) {
            for (TrainerAnswer answer = TrainerAnswer.parseDelimitedFrom(in);
                    answer != null;
                    answer = TrainerAnswer.parseDelimitedFrom(in)) {
                switch (answer.getAnswerCase()) {
                    case SAVED, UNSAVED -> notices.add(Optional.of(answer));
                    case DONE, DIVERGED, UNSUPPORTED, CORRUPT, FAILED, ANSWER_NOT_SET ->
                        answers.add(Optional.of(answer));
                }
            }
        } catch (IOException e) {
            log.log(System.Logger.Level.DEBUG, "trainer process {0}: {1}", process.pid(), e.getMessage());
        }
        answers.add(Optional.empty());
        notices.add(Optional.empty());
    }

    /** Without it the others would see that this one is gone, too, but not that all is well. */
    private void end() {
        boolean interrupted = Thread.interrupted();
        try {
            write(TrainerRequest.newBuilder().setEnd(End.getDefaultInstance()));
            answers.poll(PARTING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            log.log(System.Logger.Level.DEBUG, "trainer process {0} is gone already", process.pid());
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(TrainerRequest.Builder request) throws IOException {
        synchronized (requests) {
            request.build().writeDelimitedTo(requests);
            requests.flush();
        }
    }

    private void send(TrainerRequest.Builder request) {
        try {
            write(request);
        } catch (IOException e) {
            throw died(request);
        }
    }

    private Done ask(TrainerRequest.Builder request) {
        send(request);
        Optional<TrainerAnswer> answer;
        try {
            answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw lost(request.getRequestCase() + ": interrupted (expected: an answer)");
        }
        if (answer == null) {
            throw lost(request.getRequestCase() + ": no answer for " + limit.toMillis() + " ms (expected: one)");
        }
        return done(answer.orElseThrow(() -> died(request)));
    }

    private Done done(TrainerAnswer answer) {
        return switch (answer.getAnswerCase()) {
            case DONE -> answer.getDone();
            case DIVERGED -> {
                Diverged diverged = answer.getDiverged();
                steps = diverged.getStep();
                throw new DivergedException(
                        diverged.getTriedStep(),
                        diverged.getLoss(),
                        diverged.getGradientNorm(),
                        diverged.getLossLimit());
            }
            case UNSUPPORTED -> throw new UnsupportedModelException(answer.getUnsupported());
            case CORRUPT -> {
                Corrupt corrupt = answer.getCorrupt();
                throw new CorruptFileException(
                        corrupt.getFile(), corrupt.getPlace(), corrupt.getFound(), corrupt.getExpected());
            }
            case FAILED -> throw lost(answer.getFailed());
            case ANSWER_NOT_SET -> throw lost("an empty answer (expected: a whole one)");
            case SAVED, UNSAVED -> throw new IllegalStateException("a notice among the answers");
        };
    }

    private void reached(Done done) {
        steps = done.getStep();
    }

    private TrainerLostException died(TrainerRequest.Builder request) {
        leads = false;
        close();
        return lost(String.format(
                Locale.ROOT,
                "%s: ended with exit code %d (expected: an answer)",
                request.getRequestCase(),
                process.exitValue()));
    }

    private TrainerLostException lost(String what) {
        leads = false;
        close();
        return new TrainerLostException("trainer process " + process.pid() + ": " + what);
    }
}
