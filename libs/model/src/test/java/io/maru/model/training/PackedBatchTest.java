package io.maru.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.maru.model.Golden;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm;
import io.maru.model.data.BatchForm.Planes;
import io.maru.model.kernel.Compilation;
import io.maru.model.layer.Recompute;
import io.maru.model.objective.NextToken;
import io.maru.model.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Weighted batches of packed texts, against what src/test/reference/packed_golden.py made of the texts one by one. */
class PackedBatchTest {
    private static final TrainingOptions USUAL = TrainingOptions.usual();
    private static final double TOLERANCE = 1e-4;

    static Stream<Named<Golden>> goldens() {
        return Stream.of("gpt2-packed", "llama-packed").map(name -> named(name, Golden.read(name)));
    }

    static Stream<Arguments> learnings() {
        return goldens().flatMap(golden -> Stream.of(USUAL, USUAL.with(Compilation.NONE), USUAL.with(Recompute.BLOCKS))
                .map(options -> arguments(golden, options)));
    }

    @ParameterizedTest
    @MethodSource("learnings")
    void lossAndEveryGradientAreThoseOfTheReference(Golden golden, TrainingOptions options) {
        try (LearningGraph graph = new LearningGraph(task(golden), golden.initial(), options)) {
            Map<String, float[]> found = graph.learn(golden.packed());
            assertThat((double) found.remove("loss")[0])
                    .isCloseTo(golden.number("/loss"), within(TOLERANCE * golden.number("/loss")));
            assertThat(found).hasSize(golden.json().get("gradients").size());
            found.forEach(
                    (name, gradient) -> assertClose(name, gradient, golden.floats("/gradients/" + name), TOLERANCE));
        }
    }

    @ParameterizedTest
    @MethodSource("learnings")
    void labelSmoothingIsThatOfTheReferenceAndAValidationDoesWithoutIt(Golden golden, TrainingOptions options) {
        TrainingTask smoothed = task(golden).with(new NextToken((float) golden.number("/smoothed/labelSmoothing")));
        try (LearningGraph graph = new LearningGraph(smoothed, golden.initial(), options)) {
            Map<String, float[]> found = graph.learn(golden.packed());
            assertThat((double) found.remove("loss")[0])
                    .isCloseTo(golden.number("/smoothed/loss"), within(TOLERANCE * golden.number("/smoothed/loss")));
            found.forEach((name, gradient) ->
                    assertClose(name, gradient, golden.floats("/smoothed/gradients/" + name), TOLERANCE));
        }
        try (Trainer trainer = trainer(smoothed, golden.initial(), options.withAccumulation(2), 1)) {
            assertThat(trainer.validate(golden.packed())).isCloseTo(golden.number("/loss"), within(1e-4));
        }
    }

    /** An epsilon as large as the gradients. */
    @ParameterizedTest
    @MethodSource("goldens")
    void stepsOfAdamWAreThoseOfTheReference(Golden golden) {
        float[] losses = golden.floats("/adamw/losses");
        float[] found = new float[losses.length];
        try (Trainer trainer = trainer(task(golden), golden.initial(), USUAL, 1)) {
            for (int i = 0; i < losses.length; i++) {
                found[i] = trainer.step(golden.packed(), (float) golden.number("/adamw/learningRate"))
                        .loss();
            }
        }
        assertClose("losses", found, losses, TOLERANCE);
    }

    static Stream<Arguments> cuts() {
        return goldens()
                .flatMap(golden -> Stream.of(
                        arguments(golden, USUAL.withAccumulation(4), 1),
                        arguments(golden, USUAL.withAccumulation(2), 1),
                        arguments(golden, USUAL, 2),
                        arguments(golden, USUAL, 4),
                        arguments(golden, USUAL.withAccumulation(2), 2)));
    }

    /** The rows weigh differently: whoever divides a part by its own weight gets another loss. */
    @ParameterizedTest
    @MethodSource("cuts")
    void lossesAreTheSameHoweverABatchIsCutUp(Golden golden, TrainingOptions options, int devices) {
        List<Double> expected = curve(task(golden), golden, USUAL, 1);

        List<Double> found = curve(task(golden), golden, options, devices);

        for (int i = 0; i < expected.size(); i++) {
            assertThat(found.get(i))
                    .as("%d", i)
                    .isCloseTo(expected.get(i), within(1e-5 * Math.max(1, expected.get(i))));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void textsInOneRowAreLearntAsIfEachHadARowOfItsOwn(Golden golden) {
        Batch packed = golden.packed();
        Batch alone = unpacked(packed, golden.config().block());
        TrainingTask rows = TrainingTask.of(
                        golden.config(),
                        golden.adamW(),
                        alone.ids().length / golden.config().block())
                .with(Planes.WEIGHTS);
        try (LearningGraph one = new LearningGraph(task(golden), golden.initial(), USUAL);
                LearningGraph other = new LearningGraph(rows, golden.initial(), USUAL)) {
            Map<String, float[]> found = one.learn(packed);
            other.learn(alone).forEach((name, expected) -> assertClose(name, found.get(name), expected, 1e-5));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void targetsThatWeighNothingMoveNoBit(Golden golden) {
        Batch batch = golden.packed();
        int[] others = batch.targets().clone();
        for (int i = 0; i < others.length; i++) {
            if (batch.weights().orElseThrow()[i] == 0) {
                others[i] = (others[i] + 1) % golden.config().vocabularySize();
            }
        }
        assertThat(others).isNotEqualTo(batch.targets());
        try (LearningGraph graph = new LearningGraph(task(golden), golden.initial(), USUAL)) {
            Map<String, float[]> expected = graph.learn(batch);
            Map<String, float[]> found = graph.learn(new Batch(batch.ids(), others, batch.weights(), batch.packing()));
            expected.forEach(
                    (name, gradient) -> assertThat(found.get(name)).as(name).isEqualTo(gradient));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void nothingOfOneTextReachesAnother(Golden golden) {
        Batch batch = golden.packed();
        int block = golden.config().block();
        // The last text of the second row, whose targets weigh nothing now; what is before it in the row is changed.
        float[] weights = new float[batch.ids().length];
        Arrays.fill(weights, block + 2, 2 * block, 1);
        int[] ids = batch.ids().clone();
        ids[block] = (ids[block] + 1) % golden.config().vocabularySize();
        ids[block + 1] = (ids[block + 1] + 1) % golden.config().vocabularySize();
        try (Trainer trainer = trainer(task(golden), golden.initial(), USUAL, 1)) {
            Batch before = new Batch(batch.ids(), batch.targets(), Optional.of(weights), batch.packing());
            Batch after = new Batch(ids, batch.targets(), Optional.of(weights), batch.packing());
            assertThat(trainer.validate(after)).isEqualTo(trainer.validate(before));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void aPlainBatchIsOneOfEvenWeightsAndWholeRows(Golden golden) {
        Batch plain = Batch.of(golden.inputs(), golden.targets());
        TrainingTask task = TrainingTask.of(golden.config(), golden.adamW(), golden.batch());
        List<Double> expected = curve(task, plain, golden.initial());

        for (Planes planes : Planes.values()) {
            List<Double> found = curve(task.with(planes), plain, golden.initial());
            for (int i = 0; i < expected.size(); i++) {
                assertThat(found.get(i))
                        .as("%s %d", planes, i)
                        .isCloseTo(expected.get(i), within(1e-5 * Math.max(1, expected.get(i))));
            }
        }
    }

    @Test
    void aBatchThatWeighsNothingHasNoLossAndMovesNoWeight() {
        DecoderConfig model = TestModels.TINY;
        int[] tokens = TestModels.tokens(2 * model.block(), model.vocabularySize(), 1);
        TrainingTask task = new TrainingTask(
                model,
                new BatchForm(2, Planes.WEIGHTS),
                new NextToken(),
                Trainable.all(),
                new AdamW(0.9f, 0.95f, 1e-8f, 0, 1));
        try (Trainer trainer = trainer(task, TestModels.lively(model), USUAL, 1)) {
            StepResult result = trainer.step(Batch.weighted(tokens, tokens, new float[tokens.length]), 1e-2f);
            assertThat(result.loss()).isZero();
            assertThat(result.gradientNorm()).isZero();
            String name = model.parameters().get(0).name();
            assertThat(TestModels.floats(trainer.weights(), name))
                    .isEqualTo(TestModels.floats(TestModels.lively(model), name));
        }
    }

    @Test
    void refusesWhatItsGraphHasNoPlaceFor() {
        DecoderConfig model = TestModels.TINY;
        int[] tokens = TestModels.tokens(2 * model.block(), model.vocabularySize(), 1);
        float[] ones = new float[tokens.length];
        int[] tooFar = new int[tokens.length];
        tooFar[3] = model.block();
        TrainingTask plain = TrainingTask.of(model, AdamW.usual(), 2);
        try (Trainer trainer = trainer(plain, Weights.initial(model, 1), USUAL, 1)) {
            assertThatThrownBy(() -> trainer.validate(Batch.weighted(tokens, tokens, ones)))
                    .hasMessage("batch: with weights or texts (expected: NONE)");
        }
        try (Trainer trainer = trainer(plain.with(Planes.WEIGHTS_AND_TEXTS), Weights.initial(model, 1), USUAL, 1)) {
            assertThatThrownBy(
                            () -> trainer.validate(Batch.packed(tokens, tokens, ones, new int[tokens.length], tooFar)))
                    .hasMessage("positions[3]: 7 (expected: 0..6)");
        }
    }

    /** Each text in a row of its own, behind which nothing is learnt. */
    private static Batch unpacked(Batch packed, int block) {
        int[] segments = packed.packing().orElseThrow().segments();
        List<int[]> texts = new ArrayList<>();
        for (int from = 0; from < segments.length; ) {
            int to = from + 1;
            while (to % block != 0 && segments[to] == segments[from]) {
                to++;
            }
            texts.add(new int[] {from, to});
            from = to;
        }
        int size = texts.size() * block;
        Batch alone = Batch.weighted(new int[size], new int[size], new float[size]);
        for (int row = 0; row < texts.size(); row++) {
            int from = texts.get(row)[0];
            int length = texts.get(row)[1] - from;
            System.arraycopy(packed.ids(), from, alone.ids(), row * block, length);
            System.arraycopy(packed.targets(), from, alone.targets(), row * block, length);
            System.arraycopy(
                    packed.weights().orElseThrow(), from, alone.weights().orElseThrow(), row * block, length);
        }
        return alone;
    }

    private static TrainingTask task(Golden golden) {
        return TrainingTask.of(golden.config(), golden.adamW(), golden.batch()).with(Planes.WEIGHTS_AND_TEXTS);
    }

    private static Trainer trainer(TrainingTask task, Weights initial, TrainingOptions options, int devices) {
        return Trainer.create(task, initial, options, TestModels.TWO_THREADS.withDevices(devices));
    }

    private static List<Double> curve(TrainingTask task, Batch batch, Weights initial) {
        try (Trainer trainer = trainer(task, initial, USUAL, 1)) {
            return curve(trainer, batch);
        }
    }

    private static List<Double> curve(TrainingTask task, Golden golden, TrainingOptions options, int devices) {
        try (Trainer trainer = trainer(task, golden.initial(), options, devices)) {
            return curve(trainer, golden.packed());
        }
    }

    /** Loss and gradient norm of each step, and a validation at the end. */
    private static List<Double> curve(Trainer trainer, Batch batch) {
        List<Double> curve = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            StepResult result = trainer.step(batch, 1e-2f);
            curve.add((double) result.loss());
            curve.add((double) result.gradientNorm());
        }
        curve.add(trainer.validate(batch));
        return curve;
    }

    /** Relative to the largest number of the tensor, since one near zero is a difference of larger ones. */
    private static void assertClose(String name, float[] found, float[] expected, double tolerance) {
        assertThat(found).as(name).hasSameSizeAs(expected);
        double max = 0;
        for (float value : expected) {
            max = Math.max(max, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(tolerance * max));
        }
    }
}
