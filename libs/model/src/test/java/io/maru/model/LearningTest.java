package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients that are written by hand against those that TensorFlow derives from the plain forward pass. */
class LearningTest {
    private static final int BATCH = 3;
    private static final double TOLERANCE = 1e-5;

    static Stream<DecoderConfig> models() {
        return TestModels.all();
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyGradientIsThePlainOne(DecoderConfig config) {
        int[] inputs = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 1);
        int[] targets = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 2);
        Weights weights = TestModels.lively(config);
        try (PlainGraph plain = new PlainGraph(weights, BATCH);
                LearningGraph learning = new LearningGraph(weights, BATCH)) {
            Map<String, float[]> found = learning.learn(inputs, targets);
            assertThat((double) found.remove("loss")[0]).isCloseTo(plain.loss(inputs, targets), within(TOLERANCE));
            Map<String, float[]> expected = plain.gradients(inputs, targets);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            found.forEach((name, gradient) ->
                    assertThat(distance(gradient, expected.get(name))).as(name).isLessThan(TOLERANCE));
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
