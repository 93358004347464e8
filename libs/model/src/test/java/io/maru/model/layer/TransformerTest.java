package io.maru.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.maru.model.PlainGraph;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.weights.Weights;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TransformerTest {
    private static final int BATCH = 2;

    static Stream<DecoderConfig> models() {
        return TestModels.all();
    }

    /** Independent of any framework: what a gradient says, the loss must do. */
    @ParameterizedTest
    @MethodSource("models")
    void gradientsAreWhatTheLossDoesWhenAWeightMoves(DecoderConfig config) {
        int[] inputs = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 1);
        int[] targets = TestModels.tokens(BATCH * config.block(), config.vocabularySize(), 2);
        Weights weights = TestModels.lively(config);
        try (PlainGraph graph = new PlainGraph(weights, BATCH)) {
            Map<String, float[]> gradients = graph.gradients(inputs, targets);
            gradients.forEach((name, gradient) -> {
                // Along the gradient the loss moves most, so that float32's rounding weighs least.
                double length = Math.sqrt(dot(gradient, gradient));
                double step = 4e-3;
                graph.assign(moved(weights, name, gradient, step / length));
                double up = graph.loss(inputs, targets);
                graph.assign(moved(weights, name, gradient, -step / length));
                double down = graph.loss(inputs, targets);
                assertThat((up - down) / (2 * step)).as(name).isCloseTo(length, within(0.01 * length + 1e-4));
            });
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void aFutureTokenMovesNoPastOutput(DecoderConfig config) {
        int vocabulary = config.vocabularySize();
        int[] before = TestModels.tokens(BATCH * config.block(), vocabulary, 3);
        try (PlainGraph graph = new PlainGraph(TestModels.lively(config), BATCH)) {
            float[] logits = graph.logits(before);
            for (int position = 0; position < config.block(); position++) {
                int[] after = before.clone();
                after[position] = (after[position] + 1) % vocabulary;
                float[] changed = graph.logits(after);
                int first = position * vocabulary;
                int rowEnd = config.block() * vocabulary;
                assertThat(Arrays.equals(logits, 0, first, changed, 0, first))
                        .as("what comes before position %d", position)
                        .isTrue();
                assertThat(Arrays.equals(logits, first, first + vocabulary, changed, first, first + vocabulary))
                        .as("position %d itself", position)
                        .isFalse();
                assertThat(Arrays.equals(logits, rowEnd, logits.length, changed, rowEnd, changed.length))
                        .as("the other row")
                        .isTrue();
            }
        }
    }

    private static Weights moved(Weights weights, String moved, float[] direction, double by) {
        return Weights.read(weights.config(), (name, into) -> {
            float[] values = TestModels.floats(weights, name);
            if (name.equals(moved)) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (values[i] + by * direction[i]);
                }
            }
            into.put(values);
        });
    }

    private static double dot(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }
}
