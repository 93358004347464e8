package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.model.data.Batch;
import io.maru.model.device.DeviceOptions;
import io.maru.model.training.DivergedException;
import io.maru.platform.error.Reason;
import io.maru.platform.error.Refusal;
import io.maru.training.TinyDataset;
import io.maru.training.domain.Limits;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Parallelism;
import io.maru.training.domain.Specs;
import io.maru.training.domain.TrainingJob.State;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.work.process.TrialProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialTest {
    private static final String DATASET = "datasets/a";
    private static final int BATCH = 4;
    private static final int BLOCK = 8;
    private static final TrainingSpec SPEC =
            Specs.spec(new ModelSpec(1, 2, 16, BLOCK), 6, BATCH, 1e-2, 1e-3, 4, 0.1, 0.9, 0.95, 1, 42, 6, 1, 6);
    private static final TrainingRequest REQUEST = Specs.request("runs/a", DATASET, SPEC, "name: tiny");
    private static final Limits LIMITS = new Limits(1_000_000, 10_000, 10_000_000, 10_000_000, 4L << 30);
    private static final long PEAK = 600L << 20;
    private static final Duration LONG = Duration.ofMinutes(2);

    private final InMemoryBytes bytes = new InMemoryBytes();

    @TempDir
    Path folder;

    @BeforeEach
    void sealDataset() throws IOException {
        bytes.objects.putAll(TinyDataset.of(DATASET, folder).objects());
    }

    @Test
    void triesTheJobsOwnFirstBatchesAndThenTrains() throws Exception {
        ScriptedJob job = pending(State.RUNNING);
        FakeTrainer trainer = new FakeTrainer(step -> {});

        loop(trainer, PEAK, LONG).run(job);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(job.preflight.peakBytes()).isEqualTo(PEAK);
        assertThat(job.preflight.memoryLimit()).isEqualTo(PEAK);
        assertThat(job.preflight.plannedBytes()).isBetween(100L << 20, 1L << 30);
        assertThat(job.preflight.stepSeconds()).isPositive();
        assertThat(job.preflight.seconds()).isEqualTo(6 * job.preflight.stepSeconds());
        assertThat(trainer.seed).isEqualTo(42);
        assertThat(trainer.rows).isEqualTo(BATCH);
        assertThat(trainer.batches).hasSize(2).doesNotHaveDuplicates();
        assertThat(trainer.batches).allSatisfy(batch -> assertThat(batch).hasSize(BATCH * BLOCK));
        assertThat(trainer.closed.getCount()).isZero();
    }

    @Test
    void triesTheShareOfOneOfSeveralWorkers() throws Exception {
        TrainingRequest two = REQUEST.with(SPEC.with(new Parallelism(1, 2)));
        ScriptedJob job = new ScriptedJob(two, State.PENDING, step -> State.RUNNING);
        FakeTrainer trainer = new FakeTrainer(step -> {});

        loop(trainer, PEAK, LONG).run(job);

        assertThat(trainer.rows).isEqualTo(BATCH / 2);
        assertThat(trainer.batches).hasSize(2).allSatisfy(batch -> assertThat(batch)
                .hasSize(BATCH / 2 * BLOCK));
        assertThat(job.state).isEqualTo(State.SUCCEEDED);
    }

    @Test
    void isMadeOnceInAJobsLife() throws Exception {
        ScriptedJob job = pending(State.RUNNING);
        loop(new FakeTrainer(step -> {}), PEAK, LONG).run(job);
        job.state = State.PENDING;
        FakeTrainer second = new FakeTrainer(step -> {});

        loop(second, PEAK, LONG).run(job);

        assertThat(second.batches).isEmpty();
        assertThat(job.preflight.peakBytes()).isEqualTo(PEAK);
    }

    @Test
    void leavesNumbersThatRunAwayToTheTraining() throws Exception {
        ScriptedJob job = pending(State.RUNNING);

        loop(
                        new FakeTrainer(step -> {
                            throw new DivergedException(step + 1, Float.NaN, Float.NaN, Float.MAX_VALUE);
                        }),
                        PEAK,
                        LONG)
                .run(job);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
    }

    @Test
    void refusesAJobThatTakesMoreThanThereIs() {
        FakeTrainer trainer = new FakeTrainer(step -> {});

        assertRefused(
                TrainingReason.JOB_TOO_LARGE,
                "batch: two steps of 4 sequences of 8 tokens, 4 at a time, took " + PEAK
                        + " bytes of memory and more: killed"
                        + " (expected: at most " + (PEAK - 1),
                () -> loop(trainer, PEAK - 1, LONG).run(pending(State.RUNNING)));
        assertThat(trainer.closed.getCount()).isZero();
    }

    @Test
    void refusesAJobThatLinuxKilled() {
        assertRefused(TrainingReason.JOB_TOO_LARGE, "batch: two steps", () -> loop(
                        new FakeTrainer(step -> {
                            throw new TrainerLostException(
                                    "trainer process 1: STEP: ended with exit code 137 (expected: an answer)");
                        }),
                        PEAK,
                        LONG)
                .run(pending(State.RUNNING)));
    }

    @Test
    void passesOnWhatHasNothingToDoWithTheJob() {
        assertThatThrownBy(() -> loop(
                                new FakeTrainer(step -> {
                                    throw new TrainerLostException(
                                            "trainer process 1: STEP: ended with exit code 1 (expected: an answer)");
                                }),
                                PEAK,
                                LONG)
                        .run(pending(State.RUNNING)))
                .isInstanceOf(TrainerLostException.class);
    }

    @Test
    void refusesAJobThatIsNotDoneInTime() {
        AtomicReference<FakeTrainer> trainer = new AtomicReference<>();
        trainer.set(new FakeTrainer(step -> trainer.get().awaitClosed()));

        assertRefused(
                TrainingReason.JOB_TOO_SLOW,
                "batch: two steps of 4 sequences of 8 tokens were not done after 1 s (expected: less)",
                () -> loop(trainer.get(), PEAK, Duration.ofSeconds(1)).run(pending(State.RUNNING)));
    }

    @Test
    void endsWhereTheJobIsToPause() throws Exception {
        AtomicReference<FakeTrainer> trainer = new AtomicReference<>();
        trainer.set(new FakeTrainer(step -> trainer.get().awaitClosed()));
        ScriptedJob job = pending(State.PAUSING);

        loop(trainer.get(), PEAK, LONG).run(job);

        assertThat(job.state).isEqualTo(State.PAUSED);
        assertThat(job.preflight.wasTried()).isFalse();
    }

    @Test
    void killsARealProcessThatTakesMoreThanThereIs() {
        // TensorFlow alone takes more.
        long limit = 50L << 20;
        List<TrialProcess> started = new ArrayList<>();

        assertRefused(TrainingReason.JOB_TOO_LARGE, "batch: two steps of 4 sequences of 8 tokens", () -> loop(
                        each -> {
                            TrialProcess process = TrialProcess.start(each);
                            started.add(process);
                            return process;
                        },
                        limit,
                        LONG)
                .run(pending(State.RUNNING)));
        assertThat(started).singleElement().satisfies(process -> assertThat(process.peakBytes())
                .isZero());
    }

    private static ScriptedJob pending(State found) {
        return new ScriptedJob(REQUEST, State.PENDING, step -> found);
    }

    private TrainingLoop loop(FakeTrainer trainer, long memory, Duration limit) {
        return loop(each -> trainer, memory, limit);
    }

    private TrainingLoop loop(TrialTrainers trainers, long memory, Duration limit) {
        return new TrainingLoop(
                bytes,
                new InMemoryRegistry(bytes),
                new Trial(trainers, new Trial.Settings(memory, limit, Duration.ZERO)),
                new LocalLearners(),
                new NoMeters(),
                LIMITS,
                new TrainingLoop.Settings(folder.resolve("work"), new DeviceOptions(2, 1), Duration.ofMillis(1)));
    }

    private static void assertRefused(Reason reason, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason))
                .hasMessageStartingWith(message);
    }

    /** Takes as much memory as it is told to, and at each step does what a test wants. */
    private static final class FakeTrainer implements TrialTrainer {
        final List<int[]> batches = new ArrayList<>();
        final CountDownLatch closed = new CountDownLatch(1);
        int rows;
        long seed;
        private final IntConsumer script;

        FakeTrainer(IntConsumer script) {
            this.script = script;
        }

        @Override
        public void begin(TrainerSetup setup, long withSeed) {
            rows = setup.batch().rows();
            seed = withSeed;
        }

        @Override
        public void step(Batch batch, float learningRate) {
            batches.add(batch.ids());
            script.accept(batches.size() - 1);
        }

        @Override
        public void hold() {
            assertThat(batches).hasSize(1);
        }

        void awaitClosed() {
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new TrainerLostException("closed");
        }

        @Override
        public long peakBytes() {
            return PEAK;
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }
}
