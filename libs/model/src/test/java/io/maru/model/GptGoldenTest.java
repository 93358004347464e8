package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Numbers of PyTorch, which bench/reference/gpt2_golden.py wrote. */
class GptGoldenTest {
    private static final double TOLERANCE = 1e-4;

    private static JsonNode golden;
    private static GptConfig config;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream json = GptGoldenTest.class.getResourceAsStream("/gpt2-golden.json")) {
            golden = new ObjectMapper().readTree(json);
        }
        JsonNode shape = golden.get("config");
        config = new GptConfig(
                shape.get("vocabularySize").intValue(),
                shape.get("block").intValue(),
                shape.get("layers").intValue(),
                shape.get("heads").intValue(),
                shape.get("width").intValue());
    }

    @Test
    void logitsAndLossAreThoseOfPyTorch() {
        try (GptGraph graph = new GptGraph(initial(), batch())) {
            assertClose("logits", graph.logits(ints("inputs")), floats(golden.get("logits")));
            assertThat((double) graph.loss(ints("inputs"), ints("targets")))
                    .isCloseTo(golden.get("loss").doubleValue(), within(TOLERANCE));
        }
    }

    @Test
    void everyGradientIsThatOfPyTorch() {
        try (GptGraph graph = new GptGraph(initial(), batch())) {
            Map<String, float[]> gradients = graph.gradients(ints("inputs"), ints("targets"));
            JsonNode expected = golden.get("gradients");
            assertThat(gradients).hasSize(expected.size());
            gradients.forEach((name, gradient) -> assertClose(name, gradient, floats(expected.get(name))));
        }
    }

    @Test
    void tenStepsOfAdamWAreThoseOfPyTorch() {
        JsonNode expected = golden.get("adamw");
        AdamW adamW = new AdamW(
                expected.get("beta1").floatValue(),
                expected.get("beta2").floatValue(),
                expected.get("epsilon").floatValue(),
                expected.get("weightDecay").floatValue(),
                expected.get("clipNorm").floatValue());
        float[] losses = floats(expected.get("losses"));
        float[] norms = new float[losses.length];
        float[] found = new float[losses.length];
        try (Trainer trainer = Trainer.create(config, adamW, batch(), initial(), TestModels.TWO_THREADS)) {
            for (int i = 0; i < losses.length; i++) {
                StepResult result = trainer.step(
                        ints("inputs"),
                        ints("targets"),
                        expected.get("learningRate").floatValue());
                found[i] = result.loss();
                norms[i] = result.gradientNorm();
            }
            assertClose("losses", found, losses);
            assertClose("gradient norms", norms, floats(expected.get("gradientNorms")));
            Weights weights = trainer.weights();
            assertClose(
                    "final norm",
                    TestModels.floats(weights, "transformer.ln_f.weight"),
                    floats(expected.get("finalNorm")));
            assertClose(
                    "final positions",
                    TestModels.floats(weights, "transformer.wpe.weight"),
                    floats(expected.get("finalPositions")));
        }
    }

    /** The rule by which the script makes its weights, too. */
    private static Weights initial() {
        List<Parameter> parameters = config.parameters();
        List<String> names = parameters.stream().map(Parameter::name).toList();
        return Weights.read(config, name -> {
            int index = names.indexOf(name);
            Parameter parameter = parameters.get(index);
            FloatBuffer values = FloatBuffer.allocate((int) parameter.elements());
            IntStream.range(0, values.capacity()).forEach(j -> {
                double wave = 0.3 * Math.sin(12.9898 * (j + 1) + 78.233 * (index + 1));
                values.put(j, (float) (parameter.initial().mean() + wave));
            });
            return values;
        });
    }

    /** Relative to the largest number of the tensor, since one near zero is a difference of larger ones. */
    private static void assertClose(String name, float[] found, float[] expected) {
        assertThat(found).as(name).hasSameSizeAs(expected);
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(TOLERANCE * largest));
        }
    }

    private static int batch() {
        return golden.get("batch").intValue();
    }

    private static int[] ints(String key) {
        JsonNode array = golden.get(key);
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
