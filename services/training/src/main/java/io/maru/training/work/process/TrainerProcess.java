package io.maru.training.work.process;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.model.cluster.Cluster;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.training.app.TrainerLostException;
import io.maru.training.app.TrainerSetup;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
 *       trainer.begin(setup, seed);
 *       trainer.step(inputs, targets, rate);
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
    private final DataOutputStream requests;
    /** Empty where there will be no more. */
    private final BlockingQueue<Optional<Frame>> answers = new LinkedBlockingQueue<>();
    /** Of what was saved, or was not; empty where there will be no more. */
    private final BlockingQueue<Optional<Frame>> notices = new LinkedBlockingQueue<>();

    private boolean leads;
    private long steps;

    private TrainerProcess(Process process, Duration limit) {
        this.process = process;
        this.limit = limit;
        this.requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
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

    /** Makes a trainer of initial weights. */
    public void begin(TrainerSetup setup, long seed) {
        begin(setup, seed, Cluster.alone());
    }

    /** Makes one that leads a cluster. */
    void begin(TrainerSetup setup, long seed, Cluster cluster) {
        leads = !cluster.addresses().isEmpty();
        stands(ask(Frame.Request.BEGIN, content -> {
            Frame.writeText(content, setup.toJson());
            Frame.writeCluster(content, cluster);
            content.writeLong(seed);
        }));
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
        stands(ask(Frame.Request.RESUME, content -> {
            Frame.writeText(content, setup.toJson());
            Frame.writeCluster(content, cluster);
            Frame.writeText(content, folder.toAbsolutePath().toString());
        }));
    }

    @Override
    public StepResult step(int[] inputs, int[] targets, float learningRate, float lossLimit) {
        return stepped(ask(Frame.Request.STEP, content -> {
            content.writeFloat(learningRate);
            content.writeFloat(lossLimit);
            Frame.writeInts(content, inputs);
            Frame.writeInts(content, targets);
        }));
    }

    @Override
    public double validate(int[] inputs, int[] targets) {
        DataInputStream answer = ask(Frame.Request.VALIDATE, content -> {
            Frame.writeInts(content, inputs);
            Frame.writeInts(content, targets);
        });
        return reading(answer, DataInputStream::readDouble);
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public Snapshot snapshot() {
        ask(Frame.Request.HOLD, content -> {});
        return new Held();
    }

    /** What the process holds. Of another thread than the process's other methods, so it closes nothing. */
    private final class Held implements Snapshot {
        private boolean dropped;

        @Override
        public Saved save(Path folder) throws IOException {
            try {
                write(
                        Frame.Request.SAVE,
                        content ->
                                Frame.writeText(content, folder.toAbsolutePath().toString()));
            } catch (IOException e) {
                throw gone(Frame.Request.SAVE);
            }
            // Without a limit: the steps beside it have theirs, and the end of the process ends this too.
            Frame notice;
            try {
                notice = notices.take().orElseThrow(() -> gone(Frame.Request.SAVE));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TrainerLostException("trainer process " + process.pid() + ": SAVE: interrupted");
            }
            DataInputStream in = notice.in();
            if (notice.kind() == Frame.Answer.UNSAVED.ordinal()) {
                throw new IOException(Frame.readText(in));
            }
            return new Saved(sealedFile(in), sealedFile(in));
        }

        @Override
        public void close() {
            if (!dropped && process.isAlive()) {
                try {
                    write(Frame.Request.DROP, content -> {});
                } catch (IOException e) {
                    log.log(System.Logger.Level.DEBUG, "trainer process {0} is gone already", process.pid());
                }
            }
            dropped = true;
        }
    }

    private TrainerLostException gone(Frame.Request kind) {
        return new TrainerLostException(
                "trainer process %d: %s: ended (expected: an answer)".formatted(process.pid(), kind));
    }

    public long pid() {
        return process.pid();
    }

    /** The most memory that it has had in use so far, in bytes. */
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
        send(Frame.Request.FOLLOW, content -> {
            Frame.writeText(content, setup.toJson());
            Frame.writeCluster(content, cluster);
        });
        while (wanted.getAsBoolean()) {
            Optional<Frame> answer = answers.poll(WANTED_PERIOD.toMillis(), TimeUnit.MILLISECONDS);
            if (answer != null) {
                done(answer.orElseThrow(() -> died(Frame.Request.FOLLOW)));
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
        try (DataInputStream in = new DataInputStream(process.getInputStream())) {
            while (true) {
                Frame frame = Frame.read(in);
                switch (Frame.Answer.values()[frame.kind()]) {
                    case SAVED, UNSAVED -> notices.add(Optional.of(frame));
                    case DONE, DIVERGED, UNSUPPORTED, CORRUPT, FAILED -> answers.add(Optional.of(frame));
                }
            }
        } catch (IOException e) {
            answers.add(Optional.empty());
            notices.add(Optional.empty());
        }
    }

    /** Without it the others would see that this one is gone, too, but not that all is well. */
    private void end() {
        boolean interrupted = Thread.interrupted();
        try {
            write(Frame.Request.END, content -> {});
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

    private void write(Frame.Request kind, Frame.Content content) throws IOException {
        synchronized (requests) {
            Frame.of(kind, content).write(requests);
        }
    }

    private void send(Frame.Request kind, Frame.Content content) {
        try {
            write(kind, content);
        } catch (IOException e) {
            throw died(kind);
        }
    }

    private DataInputStream ask(Frame.Request kind, Frame.Content content) {
        send(kind, content);
        Optional<Frame> answer;
        try {
            answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw lost(kind + ": interrupted (expected: an answer)");
        }
        if (answer == null) {
            throw lost(kind + ": no answer for " + limit.toMillis() + " ms (expected: one)");
        }
        return done(answer.orElseThrow(() -> died(kind)));
    }

    private DataInputStream done(Frame answer) {
        DataInputStream in = answer.in();
        return switch (Frame.Answer.values()[answer.kind()]) {
            case DONE -> in;
            case DIVERGED -> {
                stands(in);
                throw reading(
                        in,
                        content -> new DivergedException(
                                content.readLong(), content.readFloat(), content.readFloat(), content.readFloat()));
            }
            case UNSUPPORTED -> throw reading(in, content -> new UnsupportedModelException(Frame.readText(content)));
            case CORRUPT ->
                throw reading(
                        in,
                        content -> new CorruptFileException(
                                Frame.readText(content),
                                Frame.readText(content),
                                Frame.readText(content),
                                Frame.readText(content)));
            case FAILED -> throw lost(reading(in, Frame::readText));
            case SAVED, UNSAVED -> throw new IllegalStateException("a notice among the answers");
        };
    }

    private void stands(DataInputStream answer) {
        steps = reading(answer, DataInputStream::readLong);
    }

    private StepResult stepped(DataInputStream answer) {
        StepResult result = reading(answer, in -> new StepResult(in.readLong(), in.readFloat(), in.readFloat()));
        steps = result.step();
        return result;
    }

    private static SealedFile sealedFile(DataInputStream in) throws IOException {
        return new SealedFile(in.readLong(), Frame.readText(in));
    }

    private TrainerLostException died(Frame.Request kind) {
        leads = false;
        close();
        return lost("%s: ended with exit code %d (expected: an answer)".formatted(kind, process.exitValue()));
    }

    private TrainerLostException lost(String what) {
        leads = false;
        close();
        return new TrainerLostException("trainer process " + process.pid() + ": " + what);
    }

    @FunctionalInterface
    private interface Reading<T> {
        T of(DataInputStream in) throws IOException;
    }

    private <T> T reading(DataInputStream answer, Reading<T> reading) {
        try {
            return reading.of(answer);
        } catch (IOException e) {
            throw lost("a short answer (expected: a whole one)");
        }
    }
}
