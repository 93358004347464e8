package io.maru.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.formats.SafetensorsFile;
import io.maru.formats.Sha256;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.data.Batch;
import io.maru.model.kernel.Compilation;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
    private static final GptConfig TINY = TestModels.TINY;
    private static final int BATCH = 4;
    private static final AdamW ADAMW = AdamW.usual();
    /** Large enough that TensorFlow splits its sums among threads, which is where bits get lost. */
    private static final GptConfig SMALL = new GptConfig(1024, 64, 4, 4, 128);

    private static final int SMALL_BATCH = 12;

    /** Its embedding and its head are large enough to change in place. */
    private static final LlamaConfig LARGE_VOCABULARY =
            new LlamaConfig(90_000, 7, 2, 6, 3, 12, 4, 10, 1e-5f, 50, false);

    @TempDir
    Path folder;

    @Test
    void overfitsOneBatch() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        int[] inputs = inputs(tokens);
        int[] targets = targets(tokens);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            float first = trainer.step(Batch.of(inputs, targets), 1e-2f).loss();
            assertThat((double) first).isCloseTo(Math.log(TINY.vocabularySize()), within(0.2));
            for (int i = 0; i < 200; i++) {
                trainer.step(Batch.of(inputs, targets), 1e-2f);
            }
            assertThat(trainer.validate(Batch.of(inputs, targets))).isLessThan(0.02);
        }
    }

    @Test
    void validatingLearnsNothing() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            double before = trainer.validate(Batch.of(inputs(tokens), targets(tokens)));
            assertThat(trainer.validate(Batch.of(inputs(tokens), targets(tokens))))
                    .isEqualTo(before);
            assertThat(trainer.step(Batch.of(inputs(tokens), targets(tokens)), 0)
                            .loss())
                    .isEqualTo((float) before);
            assertThat(trainer.steps()).isEqualTo(1);
        }
    }

    static Stream<TrainingOptions> options() {
        TrainingOptions usual = TrainingOptions.usual();
        return Stream.of(
                usual,
                usual.with(Precision.BFLOAT16)
                        .withDropout(0.1f, 3)
                        .withAccumulation(2)
                        .with(Recompute.BLOCKS));
    }

    @ParameterizedTest
    @MethodSource("options")
    void twoRunsEndWithTheSameBitsAndSoDoesOneThatWasInterrupted(TrainingOptions options) throws IOException {
        Path first = Files.createDirectory(folder.resolve("first"));
        Path second = Files.createDirectory(folder.resolve("second"));
        Path halfWay = Files.createDirectory(folder.resolve("halfWay"));
        Path resumed = Files.createDirectory(folder.resolve("resumed"));
        try (Trainer trainer = trainer(SMALL, SMALL_BATCH, options)) {
            run(trainer, 25);
            trainer.save(first);
        }
        try (Trainer trainer = trainer(SMALL, SMALL_BATCH, options)) {
            run(trainer, 10);
            trainer.save(halfWay);
            run(trainer, 25);
            trainer.save(second);
        }
        try (Trainer trainer =
                Trainer.resume(TrainingTask.of(SMALL, ADAMW, SMALL_BATCH), halfWay, options, TestModels.TWO_THREADS)) {
            assertThat(trainer.steps()).isEqualTo(10);
            run(trainer, 25);
            trainer.save(resumed);
        }
        for (String file : new String[] {Trainer.MODEL_FILE, Trainer.OPTIMIZER_FILE}) {
            String expected = Sha256.of(first.resolve(file));
            assertThat(Sha256.of(second.resolve(file)))
                    .as("second run: " + file)
                    .isEqualTo(expected);
            assertThat(Sha256.of(resumed.resolve(file)))
                    .as("resumed run: " + file)
                    .isEqualTo(expected);
            assertThat(Sha256.of(halfWay.resolve(file))).as("half way: " + file).isNotEqualTo(expected);
        }
    }

    @Test
    void aBatchInPartsIsTheBatchAtOnce() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer whole = trainer(TINY, BATCH);
                Trainer parts = trainer(TINY, BATCH, TrainingOptions.usual().withAccumulation(BATCH))) {
            for (int step = 0; step < 5; step++) {
                StepResult expected = whole.step(Batch.of(inputs(tokens), targets(tokens)), 1e-2f);
                StepResult found = parts.step(Batch.of(inputs(tokens), targets(tokens)), 1e-2f);
                assertThat(found.loss()).isCloseTo(expected.loss(), within(1e-5f));
                assertThat(found.gradientNorm()).isCloseTo(expected.gradientNorm(), within(1e-4f));
            }
            assertThat(parts.validate(Batch.of(inputs(tokens), targets(tokens))))
                    .isCloseTo(whole.validate(Batch.of(inputs(tokens), targets(tokens))), within(1e-5));
        }
        assertThatThrownBy(() -> trainer(TINY, BATCH, TrainingOptions.usual().withAccumulation(3)))
                .hasMessage("accumulation: 3 (expected: a divisor of the batch, 4)");
    }

    @Test
    void learnsWithDropoutAndValidatesWithout() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        TrainingOptions options = TrainingOptions.usual().withDropout(0.5f, 1);
        try (Trainer plain = trainer(TINY, BATCH);
                Trainer dropping = trainer(TINY, BATCH, options)) {
            double before = dropping.validate(Batch.of(inputs(tokens), targets(tokens)));
            assertThat(before).isEqualTo(plain.validate(Batch.of(inputs(tokens), targets(tokens))));
            float first =
                    dropping.step(Batch.of(inputs(tokens), targets(tokens)), 0).loss();
            assertThat((double) first).isNotEqualTo(before);
            assertThat(dropping.step(Batch.of(inputs(tokens), targets(tokens)), 0)
                            .loss())
                    .isNotEqualTo(first);
        }
    }

    @Test
    void aCheckpointRoundTripIsBitIdentical() throws IOException {
        Path again = Files.createDirectory(folder.resolve("again"));
        Trainer.Saved saved;
        try (Trainer trainer = trainer(TINY, BATCH)) {
            run(trainer, 3);
            saved = trainer.save(folder);
        }
        saved.model().verify(folder.resolve(Trainer.MODEL_FILE));
        saved.optimizer().verify(folder.resolve(Trainer.OPTIMIZER_FILE));
        try (Trainer trainer = Trainer.resume(
                TrainingTask.of(TINY, ADAMW, BATCH), folder, TrainingOptions.usual(), TestModels.TWO_THREADS)) {
            assertThat(trainer.save(again)).isEqualTo(saved);
        }
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(Trainer.MODEL_FILE))) {
            assertThat(Weights.of(TINY, file).save(again.resolve("weights"))).isEqualTo(saved.model());
        }
    }

    /** A snapshot is a second hold on the memory of weights and moments, and steps must not write there. */
    @ParameterizedTest
    @MethodSource("options")
    void aSnapshotHoldsItsOwnStepThoughOthersFollowBeforeItIsWritten(TrainingOptions options) throws IOException {
        Path early = Files.createDirectory(folder.resolve("early"));
        Path late = Files.createDirectory(folder.resolve("late"));
        Path after = Files.createDirectory(folder.resolve("after"));
        Trainer.Saved expected;
        Trainer.Saved last;
        try (Trainer trainer = trainer(SMALL, SMALL_BATCH, options)) {
            run(trainer, 3);
            expected = trainer.save(early);
            run(trainer, 6);
            last = trainer.save(after);
        }
        try (Trainer trainer = trainer(SMALL, SMALL_BATCH, options)) {
            run(trainer, 3);
            try (Learner.Snapshot snapshot = trainer.snapshot()) {
                run(trainer, 6);
                Learner.Contents files = snapshot.contents(folder.resolve("none"));
                assertThat(files.known()).isEqualTo(expected).isNotEqualTo(last);
                assertThat(files.model().measure()).isEqualTo(expected.model());
                assertThat(files.optimizer().measure()).isEqualTo(expected.optimizer());
                assertThat(snapshot.save(late)).isEqualTo(expected);
                expected.model().verify(late.resolve(Trainer.MODEL_FILE));
                expected.optimizer().verify(late.resolve(Trainer.OPTIMIZER_FILE));
            }
            assertThat(trainer.save(after)).isEqualTo(last);
        }
    }

    @Test
    void aSnapshotIsWrittenAtTheSecondTryWhereTheDiskWasFull() throws IOException {
        Path early = Files.createDirectory(folder.resolve("early"));
        Path late = Files.createDirectory(folder.resolve("late"));
        Path taken =
                Files.createDirectories(late.resolve(Trainer.OPTIMIZER_FILE)).resolve("file");
        Files.writeString(taken, "");
        try (Trainer trainer = trainer(TINY, BATCH)) {
            run(trainer, 3);
            Trainer.Saved expected = trainer.save(early);
            try (Learner.Snapshot snapshot = trainer.snapshot()) {
                assertThatThrownBy(() -> snapshot.save(late)).isInstanceOf(IOException.class);
                Files.delete(taken);
                assertThat(snapshot.save(late)).isEqualTo(expected);
            }
            expected.model().verify(late.resolve(Trainer.MODEL_FILE));
        }
    }

    @Test
    void refusesACheckpointOfAnotherModel() throws IOException {
        try (Trainer trainer = trainer(TINY, BATCH)) {
            trainer.save(folder);
        }
        GptConfig wider = new GptConfig(TINY.vocabularySize(), TINY.block(), TINY.layers(), 3, 24);
        assertThatThrownBy(() -> Trainer.resume(
                        TrainingTask.of(wider, ADAMW, BATCH), folder, TrainingOptions.usual(), TestModels.TWO_THREADS))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("tensor transformer.wte.weight: [23, 12] (expected: [23, 24])");
    }

    @Test
    void leaksNoTensor() throws IOException {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            trainer.step(Batch.of(inputs(tokens), targets(tokens)), 1e-3f);
            trainer.validate(Batch.of(inputs(tokens), targets(tokens)));
            trainer.save(folder);
            long before = Pointer.totalCount();
            for (int i = 0; i < 20; i++) {
                trainer.step(Batch.of(inputs(tokens), targets(tokens)), 1e-3f);
                trainer.validate(Batch.of(inputs(tokens), targets(tokens)));
            }
            trainer.save(folder);
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void whatChangesInPlaceLearnsAsOperationByOperation() {
        int[] tokens = TestModels.tokens(BATCH * LARGE_VOCABULARY.block() + 1, LARGE_VOCABULARY.vocabularySize(), 5);
        TrainingOptions plainly = TrainingOptions.usual().with(Compilation.NONE);
        try (Trainer plain = trainer(LARGE_VOCABULARY, BATCH, plainly);
                Trainer inPlace = trainer(LARGE_VOCABULARY, BATCH)) {
            for (int step = 0; step < 5; step++) {
                StepResult expected = plain.step(Batch.of(inputs(tokens), targets(tokens)), 1e-2f);
                StepResult found = inPlace.step(Batch.of(inputs(tokens), targets(tokens)), 1e-2f);
                assertThat(found.loss()).isCloseTo(expected.loss(), within(1e-4f));
                assertThat(found.gradientNorm()).isCloseTo(expected.gradientNorm(), within(1e-4f));
            }
        }
    }

    static Stream<Arguments> configsAndOptions() {
        return Stream.concat(
                options().map(options -> Arguments.of(TestModels.TINY_LLAMA, options)),
                options().map(options -> Arguments.of(LARGE_VOCABULARY, options)));
    }

    @ParameterizedTest
    @MethodSource("configsAndOptions")
    void aStepThatIsNotTakenLeavesEveryBitAsItWas(LlamaConfig config, TrainingOptions options) throws IOException {
        int bad = config.vocabularySize() - 1;
        // Whoever reads the last token of the vocabulary gets no number; the others are none the wiser.
        Weights holed = changed(config, "model.embed_tokens.weight", values -> {
            Arrays.fill(values, bad * config.width(), values.length, Float.NaN);
        });
        int[] good = TestModels.tokens(BATCH * config.block() + 1, bad, 5);
        int[] poisoned = good.clone();
        poisoned[poisoned.length / 2] = bad;
        try (Trainer undisturbed = trainer(config, holed, options);
                Trainer disturbed = trainer(config, holed, options)) {
            for (int i = 0; i < 3; i++) {
                undisturbed.step(Batch.of(inputs(good), targets(good)), 1e-2f);
                float loss = disturbed
                        .step(Batch.of(inputs(good), targets(good)), 1e-2f)
                        .loss();
                Trainer.Saved before = disturbed.save(folder);

                assertThatThrownBy(() -> disturbed.step(Batch.of(inputs(poisoned), targets(good)), 1e-2f))
                        .isInstanceOfSatisfying(DivergedException.class, e -> assertThat(e.loss())
                                .isNaN())
                        .hasMessageStartingWith("step " + (i + 2) + ": loss NaN, gradient norm NaN (expected: finite");
                assertThatThrownBy(() -> disturbed.step(Batch.of(inputs(good), targets(good)), 1e-2f, loss / 2))
                        .isInstanceOf(DivergedException.class)
                        .hasMessageEndingWith("(expected: finite numbers, a loss of at most " + loss / 2 + ")");

                assertThat(disturbed.steps()).isEqualTo(i + 1);
                assertThat(disturbed.save(folder)).isEqualTo(before);
            }
            assertThat(disturbed.save(folder)).isEqualTo(undisturbed.save(folder));
        }
    }

    @Test
    void aGradientThatIsNoNumberIsNotTakenThoughTheLossIsOne() throws IOException {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        Weights steep = changed(TINY, "transformer.ln_f.weight", values -> Arrays.fill(values, 1e25f));
        try (Trainer trainer = trainer(TINY, steep, TrainingOptions.usual())) {
            Trainer.Saved before = trainer.save(folder);

            assertThatThrownBy(() -> trainer.step(Batch.of(inputs(tokens), targets(tokens)), 1e-3f))
                    .isInstanceOfSatisfying(DivergedException.class, e -> {
                        assertThat(e.loss()).isFinite();
                        assertThat(e.gradientNorm()).isInfinite();
                    });

            assertThat(trainer.save(folder)).isEqualTo(before);
        }
    }

    @Test
    void saysWhenTheLossIsNoNumber() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            trainer.step(Batch.of(inputs(tokens), targets(tokens)), Float.MAX_VALUE);
            assertThatThrownBy(() -> trainer.step(Batch.of(inputs(tokens), targets(tokens)), 1e-3f))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageStartingWith("step 2: loss ");
        }
    }

    @Test
    void refusesABatchThatDoesNotFit() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        int[] inputs = inputs(tokens);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            assertThatThrownBy(() -> trainer.step(Batch.of(tokens, tokens), 1e-3f))
                    .hasMessage("batch: 29 tokens (expected: 28, 4 rows of 7)");
            assertThatThrownBy(() -> Batch.of(tokens, inputs))
                    .hasMessage("targets: 28 tokens (expected: 29, as there are ids)");
            inputs[3] = 23;
            assertThatThrownBy(() -> trainer.step(Batch.of(inputs, targets(tokens)), 1e-3f))
                    .hasMessage("ids[3]: 23 (expected: 0..22)");
            assertThatThrownBy(() -> trainer.validate(Batch.of(/* inputs= */ targets(tokens), /* targets= */ inputs)))
                    .hasMessage("targets[3]: 23 (expected: 0..22)");
            assertThatThrownBy(() -> trainer.step(Batch.of(targets(tokens), targets(tokens)), Float.NaN))
                    .hasMessage("learningRate: NaN (expected: >= 0)");
        }
    }

    private static Trainer trainer(DecoderConfig config, int batch) {
        return trainer(config, batch, TrainingOptions.usual());
    }

    private static Trainer trainer(DecoderConfig config, int batch, TrainingOptions options) {
        return Trainer.create(
                TrainingTask.of(config, ADAMW, batch), Weights.initial(config, 42), options, TestModels.TWO_THREADS);
    }

    private static Trainer trainer(DecoderConfig config, Weights initial, TrainingOptions options) {
        return Trainer.create(TrainingTask.of(config, ADAMW, BATCH), initial, options, TestModels.TWO_THREADS);
    }

    /** The initial weights, one tensor of which was worked over. */
    private static Weights changed(DecoderConfig config, String name, Consumer<float[]> change) {
        Weights initial = Weights.initial(config, 42);
        return Weights.read(config, (each, into) -> {
            float[] values = TestModels.floats(initial, each);
            if (each.equals(name)) {
                change.accept(values);
            }
            into.put(values);
        });
    }

    /** Trains until so many steps were taken in all, each on a batch of its own. */
    private static void run(Trainer trainer, long steps) {
        LearningRate learningRate = new LearningRate(1e-3f, 1e-4f, 5, 25);
        DecoderConfig config = trainer.task().model();
        int batch = config.equals(SMALL) ? SMALL_BATCH : BATCH;
        for (long step = trainer.steps(); step < steps; step++) {
            int[] tokens = TestModels.tokens(batch * config.block() + 1, config.vocabularySize(), step);
            trainer.step(Batch.of(inputs(tokens), targets(tokens)), learningRate.at(step));
        }
    }

    private static int[] inputs(int[] tokens) {
        return Arrays.copyOf(tokens, tokens.length - 1);
    }

    private static int[] targets(int[] tokens) {
        return Arrays.copyOfRange(tokens, 1, tokens.length);
    }
}
