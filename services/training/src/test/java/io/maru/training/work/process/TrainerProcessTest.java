package io.maru.training.work.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.data.Batch;
import io.maru.model.device.DeviceOptions;
import io.maru.model.training.AdamW;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.model.training.Trainer;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.model.weights.Weights;
import io.maru.training.app.FirstWeights;
import io.maru.training.app.TrainerLostException;
import io.maru.training.app.TrainerSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerProcessTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final GptConfig CONFIG = new GptConfig(23, 7, 2, 3, 12);
    private static final int BATCH = 4;
    private static final long SEED = 42;
    private static final DeviceOptions DEVICE = new DeviceOptions(2, 2);
    private static final TrainerSetup SETUP =
            TrainerSetup.of(TrainingTask.of(CONFIG, AdamW.usual(), BATCH), TrainingOptions.usual(), DEVICE);
    private static final Batch BATCH_OF_TOKENS = Batch.of(tokens(1), tokens(2));

    @TempDir
    Path folder;

    @Test
    void takesTheStepsThatATrainerHereTakes() throws IOException {
        Path here = Files.createDirectory(folder.resolve("here"));
        Path there = Files.createDirectory(folder.resolve("there"));
        try (Trainer expected = Trainer.create(
                        TrainingTask.of(CONFIG, AdamW.usual(), BATCH),
                        Weights.initial(CONFIG, SEED),
                        TrainingOptions.usual(),
                        DEVICE);
                TrainerProcess found = TrainerProcess.start(LIMIT)) {
            found.begin(SETUP, FirstWeights.of(SEED));
            for (int i = 0; i < 3; i++) {
                StepResult step = expected.step(BATCH_OF_TOKENS, 1e-2f);
                assertThat(found.step(BATCH_OF_TOKENS, 1e-2f)).isEqualTo(step);
            }
            assertThat(found.steps()).isEqualTo(3);
            assertThat(found.validate(BATCH_OF_TOKENS)).isEqualTo(expected.validate(BATCH_OF_TOKENS));
            Learner.Saved saved = found.save(there);
            assertThat(saved).isEqualTo(expected.save(here));
            saved.model().verify(there.resolve(Learner.MODEL_FILE));
        }
        try (TrainerProcess resumed = TrainerProcess.start(LIMIT)) {
            resumed.resume(SETUP, there);
            assertThat(resumed.steps()).isEqualTo(3);
        }
    }

    @Test
    void writesWhatItHoldsBesideTheStepsThatFollow() throws IOException {
        Path here = Files.createDirectory(folder.resolve("here"));
        Path there = Files.createDirectory(folder.resolve("there"));
        Path later = Files.createDirectory(folder.resolve("later"));
        try (Trainer expected = Trainer.create(
                        TrainingTask.of(CONFIG, AdamW.usual(), BATCH),
                        Weights.initial(CONFIG, SEED),
                        TrainingOptions.usual(),
                        DEVICE);
                TrainerProcess found = TrainerProcess.start(LIMIT)) {
            found.begin(SETUP, FirstWeights.of(SEED));
            expected.step(BATCH_OF_TOKENS, 1e-2f);
            found.step(BATCH_OF_TOKENS, 1e-2f);
            Learner.Saved first = expected.save(here);
            try (Learner.Snapshot snapshot = found.snapshot()) {
                found.step(BATCH_OF_TOKENS, 1e-2f);
                assertThatThrownBy(() -> snapshot.save(folder.resolve("nowhere")))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("NoSuchFileException");
                Learner.Contents files = snapshot.contents(there);
                assertThat(files.known()).isEqualTo(first);
                assertThat(files.model().measure()).isEqualTo(first.model());
                assertThat(files.optimizer().measure()).isEqualTo(first.optimizer());
                first.optimizer().verify(there.resolve(Learner.OPTIMIZER_FILE));
            }
            expected.step(BATCH_OF_TOKENS, 1e-2f);
            assertThat(found.save(later)).isEqualTo(expected.save(here));
        }
    }

    @Test
    void isLostToWhoeverWaitsForWhatItHeld() throws IOException {
        try (TrainerProcess trainer = TrainerProcess.start(LIMIT)) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            try (Learner.Snapshot snapshot = trainer.snapshot()) {
                ProcessHandle process = ProcessHandle.of(trainer.pid()).orElseThrow();
                process.destroyForcibly();
                process.onExit().join();
                assertThatThrownBy(() -> snapshot.save(folder))
                        .isInstanceOf(TrainerLostException.class)
                        .hasMessageContaining("SAVE: ended (expected: an answer)");
            }
        }
    }

    @Test
    void tellsHowMuchMemoryItTook() throws IOException {
        try (TrainerProcess trainer = TrainerProcess.start(LIMIT)) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            // TensorFlow alone takes more.
            assertThat(trainer.peakResidentBytes()).isGreaterThan(100L << 20);
        }
    }

    @Test
    void tellsWhenTheNumbersRunAway() throws IOException {
        try (TrainerProcess trainer = TrainerProcess.start(LIMIT)) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            trainer.step(BATCH_OF_TOKENS, Float.MAX_VALUE);
            assertThatThrownBy(() -> trainer.step(BATCH_OF_TOKENS, 1e-3f))
                    .isInstanceOfSatisfying(DivergedException.class, diverged -> assertThat(diverged.step())
                            .isEqualTo(2))
                    .hasMessageStartingWith("step 2: loss NaN");
        }
    }

    @Test
    void takesNoStepAboveALimit() throws IOException {
        try (TrainerProcess trainer = TrainerProcess.start(LIMIT)) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            float loss = trainer.step(BATCH_OF_TOKENS, 0, Float.MAX_VALUE).loss();
            float limit = Math.nextDown(loss);
            assertThatThrownBy(() -> trainer.step(BATCH_OF_TOKENS, 0, limit))
                    .isInstanceOfSatisfying(DivergedException.class, diverged -> {
                        assertThat(diverged.loss()).isEqualTo(loss);
                        assertThat(diverged.lossLimit()).isEqualTo(limit);
                    })
                    .hasMessageStartingWith("step 2: loss " + loss);
            assertThat(trainer.steps()).isEqualTo(1);
            assertThat(trainer.step(BATCH_OF_TOKENS, 0, loss).step()).isEqualTo(2);
        }
    }

    @Test
    void refusesTheFilesOfAnotherModel() throws IOException {
        try (TrainerProcess trainer = TrainerProcess.start(LIMIT);
                TrainerProcess other = TrainerProcess.start(LIMIT)) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            trainer.save(folder);
            GptConfig wider = new GptConfig(CONFIG.vocabularySize(), CONFIG.block(), CONFIG.layers(), 3, 24);
            TrainerSetup setup =
                    TrainerSetup.of(TrainingTask.of(wider, AdamW.usual(), BATCH), TrainingOptions.usual(), DEVICE);
            assertThatThrownBy(() -> other.resume(setup, folder))
                    .isInstanceOf(UnsupportedModelException.class)
                    .hasMessage("tensor transformer.wte.weight: [23, 12] (expected: [23, 24])");
        }
    }

    @Test
    void isLostWhereItIsKilled() throws IOException {
        try (TrainerProcess trainer = TrainerProcess.start(LIMIT)) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            ProcessHandle.of(trainer.pid()).orElseThrow().destroyForcibly();
            assertThatThrownBy(() -> trainer.step(BATCH_OF_TOKENS, 1e-3f))
                    .isInstanceOf(TrainerLostException.class)
                    .hasMessageContaining("exit code 137 (expected: an answer)");
        }
    }

    @Test
    void isLostWhereItHangsForLongerThanItMay() throws IOException, InterruptedException {
        try (TrainerProcess trainer = TrainerProcess.start(Duration.ofSeconds(15))) {
            trainer.begin(SETUP, FirstWeights.of(SEED));
            signal(trainer.pid(), "STOP");
            assertThatThrownBy(() -> trainer.step(BATCH_OF_TOKENS, 1e-3f))
                    .isInstanceOf(TrainerLostException.class)
                    .hasMessageContaining("no answer for 15000 ms");
            assertThat(ProcessHandle.of(trainer.pid()).filter(ProcessHandle::isAlive))
                    .isEmpty();
        }
    }

    @Test
    void endsWithTheProcessThatStartedIt() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(TrainerCommand.ofThisProcess().words()).start();
        process.getOutputStream().close();
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private static void signal(long pid, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static int[] tokens(long seed) {
        return new Random(seed)
                .ints((long) BATCH * CONFIG.block(), 0, CONFIG.vocabularySize())
                .toArray();
    }
}
