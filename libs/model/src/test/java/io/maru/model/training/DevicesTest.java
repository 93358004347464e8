package io.maru.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.formats.Sha256;
import io.maru.model.TestModels;
import io.maru.model.cluster.Buckets;
import io.maru.model.cluster.Collective;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm.Planes;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Compilation;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.tensor.Tensors;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Several devices of one process, taken from the processor. */
class DevicesTest {
    static final GptConfig CONFIG = new GptConfig(31, 16, 2, 2, 24);
    static final int BATCH = 8;
    static final AdamW ADAMW = AdamW.usual();
    private static final int STEPS = 8;
    private static final float LEARNING_RATE = 1e-2f;
    private static final double SAME_CURVE = 1e-5;
    /** Gradients of bfloat16 are rounded before they are added up, and other rows are rounded together. */
    private static final double SAME_NARROW_CURVE = 2e-2;

    @TempDir
    Path folder;

    static Stream<Arguments> options() {
        TrainingOptions usual = TrainingOptions.usual();
        return Stream.of(
                Arguments.of(usual, 4),
                Arguments.of(usual.withAccumulation(2).with(Recompute.BLOCKS), 2),
                Arguments.of(usual.withDropout(0.2f, 3).withAccumulation(2).with(Compilation.NONE), 2),
                Arguments.of(usual.with(Precision.BFLOAT16), 2));
    }

    @ParameterizedTest
    @MethodSource("options")
    void takeTheStepsOfOne(TrainingOptions options, int devices) {
        double tolerance = options.precision() == Precision.FLOAT32 ? SAME_CURVE : SAME_NARROW_CURVE;
        try (Trainer one = trainer(options, 1);
                Trainer several = trainer(options, devices)) {
            List<Double> expected = curve(one, STEPS);
            List<Double> found = curve(several, STEPS);
            for (int i = 0; i < expected.size(); i++) {
                assertThat(found.get(i)).as("number " + i).isCloseTo(expected.get(i), within(tolerance));
            }
            Weights first = several.weights(0);
            for (int i = 1; i < devices; i++) {
                Weights other = several.weights(i);
                for (Parameter parameter : CONFIG.parameters()) {
                    assertThat(other.get(parameter.name()))
                            .as(parameter.name() + " of replica " + i)
                            .isEqualTo(first.get(parameter.name()));
                }
            }
        }
    }

    @Test
    void dropTheSameActivationsHoweverABatchIsDivided() {
        // Rows of 147 shares and 84 activations: the first is no multiple of what the generator gives at once.
        GptConfig odd = TestModels.TINY;
        TrainingOptions options = TrainingOptions.usual().withDropout(0.3f, 5).with(Compilation.NONE);
        int[] inputs = TestModels.tokens(4 * odd.block(), odd.vocabularySize(), 1);
        int[] targets = TestModels.tokens(4 * odd.block(), odd.vocabularySize(), 2);
        List<Float> losses = new ArrayList<>();
        for (int devices : new int[] {1, 2, 4}) {
            for (int parts : new int[] {1, 4 / devices}) {
                try (Trainer trainer = Trainer.create(
                        TrainingTask.of(odd, ADAMW, 4),
                        Weights.initial(odd, 42),
                        options.withAccumulation(parts),
                        TestModels.TWO_THREADS.withDevices(devices))) {
                    losses.add(trainer.step(Batch.of(inputs, targets), 0).loss());
                }
            }
        }
        for (float loss : losses) {
            assertThat((double) loss).isCloseTo((double) losses.get(0), within(SAME_CURVE));
        }
    }

    @Test
    void endWithTheSameBitsWhereverTheyWereInterrupted() throws IOException {
        int devices = 2;
        TrainingOptions options = TrainingOptions.usual().withDropout(0.1f, 3).withAccumulation(2);
        Path whole = Files.createDirectory(folder.resolve("whole"));
        Path half = Files.createDirectory(folder.resolve("half"));
        Path resumed = Files.createDirectory(folder.resolve("resumed"));
        try (Trainer trainer = trainer(options, devices)) {
            curve(trainer, 5);
            trainer.save(half);
            curve(trainer, STEPS);
            trainer.save(whole);
        }
        try (Trainer trainer = Trainer.resume(
                TrainingTask.of(CONFIG, ADAMW, BATCH), half, options, TestModels.TWO_THREADS.withDevices(devices))) {
            curve(trainer, STEPS);
            trainer.save(resumed);
        }
        for (String file : new String[] {Learner.MODEL_FILE, Learner.OPTIMIZER_FILE}) {
            assertThat(Sha256.of(resumed.resolve(file))).as(file).isEqualTo(Sha256.of(whole.resolve(file)));
        }
    }

    @Test
    void leaveAStepAloneTogetherWhereOneOfThemHasNoNumber() {
        LlamaConfig config = TestModels.TINY_LLAMA;
        int bad = config.vocabularySize() - 1;
        int[] good = TestModels.tokens(2 * config.block(), bad, 5);
        int[] poisoned = good.clone();
        poisoned[0] = bad; // in the row of the first device
        Weights initial = Weights.initial(config, 42);
        // Whoever reads the last token of the vocabulary gets no number; the others are none the wiser.
        Weights holed = Weights.read(config, (name, into) -> {
            float[] values = TestModels.floats(initial, name);
            if (name.equals("model.embed_tokens.weight")) {
                Arrays.fill(values, bad * config.width(), values.length, Float.NaN);
            }
            into.put(values);
        });
        try (Trainer trainer = Trainer.create(
                TrainingTask.of(config, ADAMW, 2),
                holed,
                TrainingOptions.usual(),
                TestModels.TWO_THREADS.withDevices(2))) {
            trainer.step(Batch.of(good, good), LEARNING_RATE);
            List<FloatBuffer> before = tensors(trainer, 0);

            assertThatThrownBy(() -> trainer.step(Batch.of(poisoned, good), LEARNING_RATE))
                    .isInstanceOf(DivergedException.class);

            assertThat(trainer.steps()).isEqualTo(1);
            for (int device = 0; device < 2; device++) {
                assertThat(tensors(trainer, device)).isEqualTo(before);
            }
        }
    }

    @Test
    void goByTheLossOfTheWholeBatchWhereThereIsALimit() {
        int[] known = tokens(1);
        int[] mixed = known.clone();
        int[] others = tokens(2);
        System.arraycopy(others, 0, mixed, 0, mixed.length / 2); // the rows of the first device
        try (Trainer trainer = trainer(TrainingOptions.usual(), 2)) {
            while (trainer.step(Batch.of(known, known), LEARNING_RATE).loss() > 0.5) {
                // A token is soon known by itself; where it stands does not matter.
            }
            long steps = trainer.steps();
            float whole = (float) trainer.validate(Batch.of(mixed, known));
            List<FloatBuffer> before = tensors(trainer, 1);

            // Above the loss of the second device's own rows, which are known.
            assertThatThrownBy(() -> trainer.step(Batch.of(mixed, known), LEARNING_RATE, whole * 0.9f))
                    .isInstanceOf(DivergedException.class);
            assertThat(trainer.steps()).isEqualTo(steps);
            assertThat(tensors(trainer, 0)).isEqualTo(before);
            assertThat(tensors(trainer, 1)).isEqualTo(before);

            // Below the loss of the first device's.
            trainer.step(Batch.of(mixed, known), LEARNING_RATE, whole * 1.1f);
            assertThat(trainer.steps()).isEqualTo(steps + 1);
            assertThat(tensors(trainer, 0)).isEqualTo(tensors(trainer, 1));
            assertThat(tensors(trainer, 0)).isNotEqualTo(before);
        }
    }

    @Test
    void leakNoTensor() {
        try (Trainer trainer =
                trainer(TrainingOptions.usual().withAccumulation(2).with(Compilation.NONE), 2)) {
            curve(trainer, 2);
            long before = Pointer.totalCount();
            curve(trainer, STEPS);
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void mustDivideTheRowsOfAPart() {
        assertThatThrownBy(() -> trainer(TrainingOptions.usual().withAccumulation(4), 4))
                .hasMessage("devices: 4 in all processes (expected: a divisor of 2, the rows of a part)");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 7, 100})
    void sumsAreOfEachTensorHoweverTheyAreLaidIntoBuckets(int elements) {
        DeviceOptions device = TestModels.TWO_THREADS.withDevices(2);
        try (Graph graph = new Graph();
                Session session = new Session(graph, device.session())) {
            List<Ops> places = device.places(Ops.create(graph));
            Collective group = new Collective(1, places, 2);
            List<List<Operand<TFloat32>>> each = new ArrayList<>();
            for (int place = 0; place < 2; place++) {
                Ops tf = places.get(place);
                each.add(List.of(
                        tf.constant(new float[][] {{1, 2, 3}, {4, 5, 6 + 2 * place}}),
                        tf.constant(10f * place),
                        tf.constant(new float[] {7, 8 - 4 * place})));
            }
            List<List<Operand<TFloat32>>> sums = new Buckets(places, group, elements)
                    .sum(List.of(Shape.of(2, 3), Shape.scalar(), Shape.of(2)), each);
            Session.Runner runner = session.runner();
            sums.forEach(place -> place.forEach(runner::fetch));
            try (Result result = runner.run()) {
                for (int place = 0; place < 2; place++) {
                    assertThat(result.get(3 * place).shape().asArray()).containsExactly(2, 3);
                    assertThat(Tensors.floats(result.get(3 * place))).containsExactly(2, 4, 6, 8, 10, 14);
                    assertThat(Tensors.floats(result.get(3 * place + 1))).containsExactly(10);
                    assertThat(Tensors.floats(result.get(3 * place + 2))).containsExactly(14, 12);
                }
            }
        }
    }

    /** Which are equal though they be no numbers. */
    private static List<FloatBuffer> tensors(Trainer trainer, int device) {
        return trainer.task().model().parameters().stream()
                .map(parameter -> trainer.weights(device).get(parameter.name()))
                .toList();
    }

    private static Trainer trainer(TrainingOptions options, int devices) {
        return Trainer.create(
                TrainingTask.of(CONFIG, ADAMW, BATCH),
                Weights.initial(CONFIG, 42),
                options,
                TestModels.TWO_THREADS.withDevices(devices));
    }

    /** Loss and gradient norm of each step until so many were taken in all, and a validation at the end. */
    static List<Double> curve(Learner trainer, long steps) {
        return curve(trainer, steps, Planes.NONE);
    }

    static List<Double> curve(Learner trainer, long steps, Planes planes) {
        List<Double> curve = new ArrayList<>();
        while (trainer.steps() < steps) {
            StepResult result = trainer.step(batch(trainer.steps(), trainer.steps() + 1, planes), LEARNING_RATE);
            curve.add((double) result.loss());
            curve.add((double) result.gradientNorm());
        }
        curve.add(trainer.validate(batch(-1, -2, planes)));
        return curve;
    }

    /** Where there are weights, each row has more of them than the row before: the parts of a batch weigh differently. */
    private static Batch batch(long ids, long targets, Planes planes) {
        if (planes == Planes.NONE) {
            return Batch.of(tokens(ids), tokens(targets));
        }
        int size = BATCH * CONFIG.block();
        Batch batch = Batch.packed(tokens(ids), tokens(targets), new float[size], new int[size], new int[size]);
        for (int i = 0; i < size; i++) {
            int at = i % CONFIG.block();
            int start = at < 5 ? 0 : 5;
            batch.weights().orElseThrow()[i] = at % 3 == 0 ? 0 : 1 + i / CONFIG.block();
            batch.packing().orElseThrow().segments()[i] = start;
            batch.packing().orElseThrow().positions()[i] = at - start;
        }
        return batch;
    }

    /** A step that is not taken, and leaves no trace. */
    static void refused(Learner trainer) {
        assertThatThrownBy(() -> trainer.step(Batch.of(tokens(7), tokens(8)), LEARNING_RATE, 1e-3f))
                .isInstanceOf(DivergedException.class);
    }

    private static int[] tokens(long seed) {
        return TestModels.tokens(BATCH * CONFIG.block(), CONFIG.vocabularySize(), seed);
    }
}
