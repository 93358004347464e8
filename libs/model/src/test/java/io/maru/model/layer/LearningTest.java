package io.maru.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.maru.model.PlainGraph;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.Batch;
import io.maru.model.kernel.Compilation;
import io.maru.model.kernel.Dropout;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Precision;
import io.maru.model.tensor.Tensors;
import io.maru.model.training.LearningGraph;
import io.maru.model.training.TrainingOptions;
import io.maru.model.weights.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** The gradients that are written by hand against those that TensorFlow derives from the plain forward pass. */
class LearningTest {
    private static final int BATCH = 3;
    private static final double TOLERANCE = 1e-5;

    /** What bfloat16's eight bits leave of a gradient. */
    private static final double NARROW_TOLERANCE = 0.05;

    static Stream<Arguments> models() {
        TrainingOptions usual = TrainingOptions.usual();
        List<TrainingOptions> options = List.of(
                usual,
                usual.with(Compilation.NONE),
                usual.with(Precision.BFLOAT16),
                usual.with(Recompute.BLOCKS),
                usual.withDropout(TestModels.DROPOUT, 7),
                usual.withDropout(TestModels.DROPOUT, 7).with(Recompute.BLOCKS));
        return TestModels.all().flatMap(config -> options.stream().map(option -> arguments(config, option)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyGradientIsThePlainOne(DecoderConfig config, TrainingOptions options) {
        double tolerance = options.precision() == Precision.FLOAT32 ? TOLERANCE : NARROW_TOLERANCE;
        int[] inputs = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 1);
        int[] targets = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 2);
        Weights weights = TestModels.lively(config);
        try (PlainGraph plain = new PlainGraph(weights, BATCH, options);
                LearningGraph learning = new LearningGraph(weights, BATCH, options)) {
            Map<String, float[]> found = learning.learn(Batch.of(inputs, targets));
            float loss = found.remove("loss")[0];
            if (options.dropout() == 0) {
                assertThat((double) loss).isCloseTo(plain.loss(inputs, targets), within(tolerance));
            }
            Map<String, float[]> expected = plain.gradients(inputs, targets);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            found.forEach((name, gradient) ->
                    assertThat(distance(gradient, expected.get(name))).as(name).isLessThan(tolerance));
        }
    }

    static Stream<Arguments> keptOnes() {
        TrainingOptions usual = TrainingOptions.usual();
        List<TrainingOptions> options = List.of(
                usual,
                usual.withDropout(TestModels.DROPOUT, 7),
                usual.with(Precision.BFLOAT16),
                usual.with(Precision.BFLOAT16).withDropout(TestModels.DROPOUT, 7));
        return TestModels.all().flatMap(config -> options.stream().map(option -> arguments(config, option)));
    }

    /** To the bit: what is worked out twice comes out the same, and what is dropped is dropped again. */
    @ParameterizedTest
    @MethodSource("keptOnes")
    void blocksThatAreWorkedOutAgainGiveTheGradientsOfKeptOnes(DecoderConfig config, TrainingOptions options) {
        int[] inputs = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 1);
        int[] targets = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 2);
        Weights weights = TestModels.lively(config);
        try (LearningGraph kept = new LearningGraph(weights, BATCH, options);
                LearningGraph again = new LearningGraph(weights, BATCH, options.with(Recompute.BLOCKS))) {
            Map<String, float[]> expected = kept.learn(Batch.of(inputs, targets));
            Map<String, float[]> found = again.learn(Batch.of(inputs, targets));
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            found.forEach((name, gradient) -> assertThat(gradient).as(name).isEqualTo(expected.get(name)));
        }
    }

    @Test
    void dropoutTakesItsShareAwayAndNothingElse() {
        try (Graph graph = new Graph();
                Session session = new Session(graph)) {
            Ops tf = Ops.create(graph);
            Dropout dropout = new Dropout(tf, 100);
            Kernels<TFloat32> kernels = new Kernels<>(tf, TFloat32.class, null, Fusion.NONE, Optional.of(dropout));
            Operand<TFloat32> ones = tf.ones(tf.constant(new int[] {100, 100}), TFloat32.class);
            Operand<TFloat32> here = kernels.dropped("here", ones).value();
            Operand<TFloat32> there = kernels.dropped("there", ones).value();
            try (TFloat32 rate = TFloat32.scalarOf(0.25f);
                    TInt64 seed = TInt64.vectorOf(1, 2, 0);
                    TInt64 later = TInt64.vectorOf(1, 3, 0);
                    Result first = session.runner()
                            .feed(dropout.rate(), rate)
                            .feed(dropout.seed(), seed)
                            .fetch(here)
                            .fetch(there)
                            .run();
                    Result again = session.runner()
                            .feed(dropout.rate(), rate)
                            .feed(dropout.seed(), seed)
                            .fetch(here)
                            .run();
                    Result next = session.runner()
                            .feed(dropout.rate(), rate)
                            .feed(dropout.seed(), later)
                            .fetch(here)
                            .run()) {
                float[] kept = Tensors.floats(first.get(0));
                double sum = 0;
                for (float value : kept) {
                    assertThat(value).isIn(0f, 1 / 0.75f);
                    sum += value;
                }
                // Five standard deviations of the mean of 10,000.
                assertThat(sum / kept.length).isCloseTo(1, within(5 * Math.sqrt(0.25 / 0.75) / 100));
                assertThat(Tensors.floats(again.get(0))).isEqualTo(kept);
                assertThat(Tensors.floats(first.get(1))).isNotEqualTo(kept);
                assertThat(Tensors.floats(next.get(0))).isNotEqualTo(kept);
            }
        }
    }

    /** Length of the difference, relative to the expected gradient's. */
    private static double distance(float[] found, float[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        double difference = 0;
        double length = 0;
        for (int i = 0; i < found.length; i++) {
            difference += Math.pow((double) found[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / length);
    }
}
