package io.maru.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.model.TestModels;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.random.SplitMix64;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
    private static final GptConfig CONFIG = TestModels.TINY;

    @TempDir
    Path folder;

    @Test
    void beginAsGpt2DoesAtItsWidth() {
        assertDeviations(768, 0.02);
    }

    @Test
    void beginWithTheSameVarianceOfSumsAtAnotherWidth() {
        assertDeviations(192, 0.04);
    }

    private static void assertDeviations(int width, double expected) {
        GptConfig config = new GptConfig(500, 64, 2, 2, width);
        Weights weights = Weights.initial(config, 1);
        assertDeviation(weights, "transformer.wte.weight", expected);
        assertDeviation(weights, "transformer.wpe.weight", expected);
        assertDeviation(weights, "transformer.h.0.attn.c_attn.weight", expected);
        assertDeviation(weights, "transformer.h.0.mlp.c_fc.weight", expected);
        // Two layers add four times to the residual stream.
        assertDeviation(weights, "transformer.h.1.attn.c_proj.weight", expected / 2);
        assertDeviation(weights, "transformer.h.1.mlp.c_proj.weight", expected / 2);
        assertThat(TestModels.floats(weights, "transformer.h.1.mlp.c_fc.bias")).containsOnly(0f);
        assertThat(TestModels.floats(weights, "transformer.h.1.ln_2.bias")).containsOnly(0f);
        assertThat(TestModels.floats(weights, "transformer.ln_f.weight")).containsOnly(1f);
    }

    @Test
    void areAPureFunctionOfTheSeed() throws IOException {
        String first = Weights.initial(CONFIG, 1).save(folder.resolve("first")).sha256();
        assertThat(Weights.initial(CONFIG, 1).save(folder.resolve("second")).sha256())
                .isEqualTo(first);
        assertThat(Weights.initial(CONFIG, 2).save(folder.resolve("third")).sha256())
                .isNotEqualTo(first);
    }

    /** Threads share a large tensor; one stream of numbers, taken in order, tells what comes out. */
    @Test
    void areTheNumbersOfOneStream() {
        GptConfig config = new GptConfig(300, 8, 1, 2, 768);
        float[] values = TestModels.floats(Weights.initial(config, 5), "transformer.wte.weight");
        SplitMix64 stream = new SplitMix64(SplitMix64.mix(5) ^ SplitMix64.mix("transformer.wte.weight".hashCode()));
        for (int i = 0; i < values.length; i++) {
            assertThat(values[i]).as("number %d", i).isEqualTo((float) (0.02f * stream.nextGaussian()));
        }
    }

    /** All of them together would need several times the heap that tests have. */
    @Test
    void ofALargeModelNeedTheRoomOfOneTensor() {
        GptConfig config = new GptConfig(50257, 1024, 48, 25, 1600);
        assertThat(4 * config.parameterCount())
                .isGreaterThan(Runtime.getRuntime().maxMemory());
        Weights weights = Weights.initial(config, 1);
        assertThat(TestModels.floats(weights, "transformer.ln_f.weight")).containsOnly(1f);
        assertThat(weights.get("transformer.h.47.mlp.c_fc.weight").remaining()).isEqualTo(1600 * 6400);
    }

    @Test
    void areReadWithoutTheirPrefixAndWithHuggingFacesMasks() throws IOException {
        Path file = folder.resolve("model.safetensors");
        write(file, name -> name.substring("transformer.".length()), "h.0.attn.bias");
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            assertThat(Weights.of(CONFIG, opened).get("transformer.wpe.weight"))
                    .isEqualTo(TestModels.lively(CONFIG).get("transformer.wpe.weight"));
        }
    }

    @Test
    void refuseATensorThatTheGraphWouldLeaveOut() throws IOException {
        assertRefused(
                UnaryOperator.identity(),
                "transformer.h.0.attn.q_norm",
                "tensors: [transformer.h.0.attn.q_norm] (expected: none but those of a gpt2)");
        assertRefused(
                UnaryOperator.identity(),
                "lm_head.weight",
                "tensor lm_head.weight: other numbers (expected: those of transformer.wte.weight)");
    }

    @Test
    void refuseAFileThatLacksOne() throws IOException {
        assertRefused(
                name -> name.equals("transformer.ln_f.bias") ? "transformer.ln_g.bias" : name,
                "transformer.h.0.attn.bias",
                "tensor transformer.ln_f.bias: absent (expected: [12])");
    }

    private void assertRefused(UnaryOperator<String> naming, String extra, String message) throws IOException {
        Path file = folder.resolve("model.safetensors");
        write(file, naming, extra);
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            assertThatThrownBy(() -> Weights.of(CONFIG, opened))
                    .isInstanceOf(UnsupportedModelException.class)
                    .hasMessage(message);
        }
    }

    private static void write(Path file, UnaryOperator<String> naming, String extra) throws IOException {
        Weights weights = TestModels.lively(CONFIG);
        try (SafetensorsWriter writer = SafetensorsWriter.create(file)) {
            for (Parameter parameter : CONFIG.parameters()) {
                writer.declare(
                        naming.apply(parameter.name()),
                        DType.F32,
                        parameter.shape().asArray());
            }
            writer.declare(extra, DType.F32, 2);
            for (Parameter parameter : CONFIG.parameters()) {
                writer.write(naming.apply(parameter.name()), weights.get(parameter.name()));
            }
            writer.write(extra, new float[] {1, 2}).seal();
        }
    }

    private static void assertDeviation(Weights weights, String name, double expected) {
        float[] values = TestModels.floats(weights, name);
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        // Five standard deviations of each estimate.
        double mean = sum / values.length;
        assertThat(mean).as(name).isCloseTo(0, within(5 * expected / Math.sqrt(values.length)));
        assertThat(Math.sqrt(squares / values.length))
                .as(name)
                .isCloseTo(expected, within(5 * expected / Math.sqrt(2.0 * values.length)));
    }
}
