package io.maru.model.configuration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GptConfigTest {
    private static final GptConfig GPT2 = new GptConfig(50257, 1024, 12, 12, 768);

    @Test
    void countsThePublishedGpt2() {
        assertThat(GPT2.parameterCount()).isEqualTo(124_439_808);
        assertThat(new GptConfig(50257, 1024, 48, 25, 1600).parameterCount()).isEqualTo(1_557_611_200);
        assertThat(GPT2.flopsPerToken()).isEqualTo(6L * 124_439_808 + 12L * 12 * 768 * 1024);
    }

    @Test
    void readsWhatItWrites() {
        assertThat(GptConfig.fromJson(GPT2.toJson())).isEqualTo(GPT2);
        GptConfig other = new GptConfig(7, 3, 1, 2, 4, 1e-6f);
        assertThat(GptConfig.fromJson(other.toJson())).isEqualTo(other);
    }

    @Test
    void refusesWhatTheGraphWouldComputeOtherwise() {
        assertRefused("\"model_type\":\"llama\"", "model_type: llama (expected: gpt2)");
        assertRefused(
                "\"activation_function\":\"relu\"",
                "activation_function: relu (expected: gelu_new or gelu_pytorch_tanh)");
        assertRefused("\"n_inner\":9", "n_inner: 9 (expected: 16)");
        assertRefused("\"scale_attn_weights\":false", "scale_attn_weights: false (expected: true)");
        assertRefused(
                "\"scale_attn_by_inverse_layer_idx\":true", "scale_attn_by_inverse_layer_idx: true (expected: false)");
        assertRefused("\"n_head\":3", "config.json: heads: 3 (expected: a divisor of the width 4)");
        assertRefused("\"n_layer\":\"1\"", "n_layer: \"1\" (expected: an integer)");
        assertRefused("\"n_layer\":2147483648", "n_layer: 2147483648 (expected: an integer)");
        assertRefused("\"n_layer\":1000000", "config.json: layers: 1000000 (expected: 1..1024)");
        assertRefused("\"layer_norm_epsilon\":\"x\"", "layer_norm_epsilon: \"x\" (expected: a number)");
        assertRefused("\"layer_norm_epsilon\":0", "config.json: layerNormEpsilon: 0.0 (expected: between 0 and 1)");
    }

    @Test
    void refusesWhatIsNoConfiguration() {
        assertThatThrownBy(() -> GptConfig.fromJson("[]".getBytes(UTF_8)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("config.json: ARRAY (expected: an object)");
        assertThatThrownBy(() -> GptConfig.fromJson(new byte[0])).isInstanceOf(UnsupportedModelException.class);
        assertThatThrownBy(() -> GptConfig.fromJson("{".getBytes(UTF_8))).isInstanceOf(UnsupportedModelException.class);
        assertThatThrownBy(() -> GptConfig.fromJson("[".repeat(100_000).getBytes(UTF_8)))
                .isInstanceOf(UnsupportedModelException.class);
        assertThatThrownBy(() -> GptConfig.fromJson("{}".getBytes(UTF_8)))
                .hasMessage("model_type: absent (expected: gpt2)");
    }

    @Test
    void refusesATensorThatNoFileCanHold() {
        assertThatThrownBy(() -> new GptConfig(1 << 24, 8, 1, 1, 1 << 10))
                .hasMessage("transformer.wte.weight: 17179869184 elements (expected: at most 536870911)");
    }

    private static void assertRefused(String changed, String message) {
        String json =
                "{\"model_type\":\"gpt2\",\"vocab_size\":7,\"n_positions\":3,\"n_embd\":4,\"n_layer\":1,\"n_head\":2}";
        assertThat(GptConfig.fromJson(json.getBytes(UTF_8))).isEqualTo(new GptConfig(7, 3, 1, 2, 4));
        String key = changed.substring(0, changed.indexOf(':'));
        String without = json.replaceAll(key + ":[^,}]*,?", "").replace(",}", "}");
        String with = without.replace("{", "{" + changed + ",");
        assertThatThrownBy(() -> GptConfig.fromJson(with.getBytes(UTF_8)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(message);
    }
}
