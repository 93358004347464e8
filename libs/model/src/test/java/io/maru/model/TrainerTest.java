package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.formats.SafetensorsFile;
import io.maru.formats.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    private static final GptConfig TINY = TestModels.TINY;
    private static final int BATCH = 4;
    private static final AdamW ADAMW = AdamW.usual();
    /** Large enough that TensorFlow splits its sums among threads, which is where bits get lost. */
    private static final GptConfig SMALL = new GptConfig(1024, 64, 4, 4, 128);

    private static final int SMALL_BATCH = 12;

    @TempDir
    Path folder;

    @Test
    void overfitsOneBatch() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        int[] inputs = inputs(tokens);
        int[] targets = targets(tokens);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            float first = trainer.step(inputs, targets, 1e-2f).loss();
            assertThat((double) first).isCloseTo(Math.log(TINY.vocabularySize()), within(0.2));
            for (int i = 0; i < 200; i++) {
                trainer.step(inputs, targets, 1e-2f);
            }
            assertThat(trainer.validate(inputs, targets)).isLessThan(0.02);
        }
    }

    @Test
    void validatingLearnsNothing() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            double before = trainer.validate(inputs(tokens), targets(tokens));
            assertThat(trainer.validate(inputs(tokens), targets(tokens))).isEqualTo(before);
            assertThat(trainer.step(inputs(tokens), targets(tokens), 0).loss()).isEqualTo((float) before);
            assertThat(trainer.steps()).isEqualTo(1);
        }
    }

    @Test
    void twoRunsEndWithTheSameBitsAndSoDoesOneThatWasInterrupted() throws IOException {
        Path first = Files.createDirectory(folder.resolve("first"));
        Path second = Files.createDirectory(folder.resolve("second"));
        Path halfWay = Files.createDirectory(folder.resolve("halfWay"));
        Path resumed = Files.createDirectory(folder.resolve("resumed"));
        try (Trainer trainer = trainer(SMALL, SMALL_BATCH)) {
            run(trainer, 50);
            trainer.save(first);
        }
        try (Trainer trainer = trainer(SMALL, SMALL_BATCH)) {
            run(trainer, 20);
            trainer.save(halfWay);
            run(trainer, 50);
            trainer.save(second);
        }
        try (Trainer trainer = Trainer.resume(SMALL, ADAMW, SMALL_BATCH, halfWay, TestModels.TWO_THREADS)) {
            assertThat(trainer.steps()).isEqualTo(20);
            run(trainer, 50);
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
    void aCheckpointRoundTripIsBitIdentical() throws IOException {
        Path again = Files.createDirectory(folder.resolve("again"));
        Trainer.Saved saved;
        try (Trainer trainer = trainer(TINY, BATCH)) {
            run(trainer, 3);
            saved = trainer.save(folder);
        }
        saved.model().verify(folder.resolve(Trainer.MODEL_FILE));
        saved.optimizer().verify(folder.resolve(Trainer.OPTIMIZER_FILE));
        try (Trainer trainer = Trainer.resume(TINY, ADAMW, BATCH, folder, TestModels.TWO_THREADS)) {
            assertThat(trainer.save(again)).isEqualTo(saved);
        }
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(Trainer.MODEL_FILE))) {
            assertThat(Weights.of(TINY, file).save(again.resolve("weights"))).isEqualTo(saved.model());
        }
    }

    @Test
    void refusesACheckpointOfAnotherModel() throws IOException {
        try (Trainer trainer = trainer(TINY, BATCH)) {
            trainer.save(folder);
        }
        GptConfig wider = new GptConfig(TINY.vocabularySize(), TINY.block(), TINY.layers(), 3, 24);
        assertThatThrownBy(() -> Trainer.resume(wider, ADAMW, BATCH, folder, TestModels.TWO_THREADS))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("tensor transformer.wte.weight: [23, 12] (expected: [23, 24])");
    }

    @Test
    void leaksNoTensor() throws IOException {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            trainer.step(inputs(tokens), targets(tokens), 1e-3f);
            trainer.validate(inputs(tokens), targets(tokens));
            trainer.save(folder);
            long before = Pointer.totalCount();
            for (int i = 0; i < 20; i++) {
                trainer.step(inputs(tokens), targets(tokens), 1e-3f);
                trainer.validate(inputs(tokens), targets(tokens));
            }
            trainer.save(folder);
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void saysWhenTheLossIsNoNumber() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            trainer.step(inputs(tokens), targets(tokens), Float.MAX_VALUE);
            assertThatThrownBy(() -> trainer.step(inputs(tokens), targets(tokens), 1e-3f))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageStartingWith("step 2: loss ");
        }
    }

    @Test
    void refusesABatchThatDoesNotFit() {
        int[] tokens = TestModels.tokens(BATCH * TINY.block() + 1, TINY.vocabularySize(), 5);
        int[] inputs = inputs(tokens);
        try (Trainer trainer = trainer(TINY, BATCH)) {
            assertThatThrownBy(() -> trainer.step(tokens, inputs, 1e-3f))
                    .hasMessage("inputs: 29 tokens (expected: 28, as [4, 7] takes)");
            inputs[3] = 23;
            assertThatThrownBy(() -> trainer.step(inputs, targets(tokens), 1e-3f))
                    .hasMessage("inputs[3]: 23 (expected: 0..22)");
            assertThatThrownBy(() -> trainer.validate(/* inputs= */ targets(tokens), /* targets= */ inputs))
                    .hasMessage("targets[3]: 23 (expected: 0..22)");
            assertThatThrownBy(() -> trainer.step(targets(tokens), targets(tokens), Float.NaN))
                    .hasMessage("learningRate: NaN (expected: >= 0)");
        }
    }

    private static Trainer trainer(DecoderConfig config, int batch) {
        return Trainer.create(config, ADAMW, batch, Weights.initial(config, 42), TestModels.TWO_THREADS);
    }

    /** Trains until so many steps were taken in all, each on a batch of its own. */
    private static void run(Trainer trainer, long steps) {
        LearningRate learningRate = new LearningRate(1e-3f, 1e-4f, 5, 50);
        DecoderConfig config = trainer.config();
        int batch = config.equals(SMALL) ? SMALL_BATCH : BATCH;
        for (long step = trainer.steps(); step < steps; step++) {
            int[] tokens = TestModels.tokens(batch * config.block() + 1, config.vocabularySize(), step);
            trainer.step(inputs(tokens), targets(tokens), learningRate.at(step));
        }
    }

    private static int[] inputs(int[] tokens) {
        return Arrays.copyOf(tokens, tokens.length - 1);
    }

    private static int[] targets(int[] tokens) {
        return Arrays.copyOfRange(tokens, 1, tokens.length);
    }
}
