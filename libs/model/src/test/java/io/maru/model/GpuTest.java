package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.maru.model.configuration.GptConfig;
import io.maru.model.data.Batch;
import io.maru.model.decoding.Decoder;
import io.maru.model.device.Device;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.AdamW;
import io.maru.model.training.StepResult;
import io.maru.model.training.Trainer;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must hold on a GPU. Runs wherever TensorFlow registers one, which takes a build with {@code -Pgpu}, and nowhere else. */
@Tag("gpu")
class GpuTest {
    private static final DeviceOptions DEVICE = TestModels.TWO_THREADS;
    /** TensorFloat-32, which GPUs multiply float32 in, keeps ten bits. */
    private static final double TOLERANCE = 1e-2;

    private static final GptConfig SMALL = new GptConfig(257, 64, 2, 4, 64);
    private static final int BATCH = 4;

    @TempDir
    Path folder;

    /** Before each, so that a report counts them as skipped, and says why. */
    @BeforeEach
    void needsAGpu() {
        List<Device> devices = Device.of(DEVICE);
        assumeTrue(
                devices.stream().anyMatch(Device::isGpu),
                () -> "no GPU: TensorFlow registered " + devices
                        + " (a build with -Pgpu, CUDA 12 and cuDNN 9 make it one)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama"})
    void theLossCurveIsThatOfTheReference(String family) {
        Golden golden = Golden.read(family);
        float[] losses = golden.floats("/adamw/losses");
        float[] norms = golden.floats("/adamw/gradientNorms");
        float rate = (float) golden.number("/adamw/learningRate");
        try (Trainer trainer = Trainer.create(
                TrainingTask.of(golden.config(), golden.adamW(), golden.batch()),
                golden.initial(),
                TrainingOptions.usual(),
                DEVICE)) {
            for (int i = 0; i < losses.length; i++) {
                StepResult result = trainer.step(Batch.of(golden.inputs(), golden.targets()), rate);
                assertThat((double) result.loss()).as("loss %d", i).isCloseTo(losses[i], within(TOLERANCE * losses[i]));
                assertThat((double) result.gradientNorm())
                        .as("gradient norm %d", i)
                        .isCloseTo(norms[i], within(5 * TOLERANCE * norms[i]));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void overfitsOneBatchWithEveryOption(Precision precision) {
        TrainingOptions options = TrainingOptions.usual()
                .with(precision)
                .with(Recompute.BLOCKS)
                .withDropout(0.05f, 3)
                .withAccumulation(2);
        try (Trainer trainer = trainer(options)) {
            float first = step(trainer).loss();
            assertThat((double) first).isCloseTo(Math.log(SMALL.vocabularySize()), within(0.3));
            for (int i = 0; i < 150; i++) {
                step(trainer);
            }
            assertThat(trainer.validate(Batch.of(inputs(), targets()))).isLessThan(0.1);
        }
    }

    @Test
    void goesOnFromACheckpoint() throws IOException {
        TrainingOptions options = TrainingOptions.usual().with(Precision.BFLOAT16);
        try (Trainer trainer = trainer(options)) {
            for (int i = 0; i < 5; i++) {
                step(trainer);
            }
            Trainer.Saved saved = trainer.save(folder);
            saved.model().verify(folder.resolve(Trainer.MODEL_FILE));
            try (Trainer resumed =
                    Trainer.resume(TrainingTask.of(SMALL, AdamW.usual(), BATCH), folder, options, DEVICE)) {
                // Sums on a GPU come in any order, so that bits may differ.
                assertThat((double) step(resumed).loss())
                        .isCloseTo(step(trainer).loss(), within(TOLERANCE));
            }
        }
    }

    @Test
    void decodesWithItsCacheWhatTheFullForwardPassGives() {
        int[] tokens = TestModels.tokens(TestModels.TINY.block(), TestModels.TINY.vocabularySize(), 11);
        try (Decoder decoder = Decoder.load(TestModels.lively(TestModels.TINY), DEVICE);
                PlainGraph graph = new PlainGraph(TestModels.lively(TestModels.TINY), 1)) {
            float[] full = graph.logits(tokens); // (T * V)
            decoder.prefill(Arrays.copyOf(tokens, 2));
            for (int position = 2; position < tokens.length; position++) {
                float[] logits = decoder.step(tokens[position]);
                for (int id = 0; id < logits.length; id++) {
                    assertThat((double) logits[id])
                            .as("position %d, token %d", position, id)
                            .isCloseTo(full[position * logits.length + id], within(0.1));
                }
            }
        }
    }

    private static Trainer trainer(TrainingOptions options) {
        return Trainer.create(
                TrainingTask.of(SMALL, AdamW.usual(), BATCH), Weights.initial(SMALL, 42), options, DEVICE);
    }

    private static StepResult step(Trainer trainer) {
        return trainer.step(Batch.of(inputs(), targets()), 3e-3f);
    }

    private static int[] inputs() {
        return TestModels.tokens(BATCH * SMALL.block(), SMALL.vocabularySize(), 5);
    }

    private static int[] targets() {
        return TestModels.tokens(BATCH * SMALL.block(), SMALL.vocabularySize(), 6);
    }
}
