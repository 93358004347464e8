package io.maru.model.configuration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.model.TestModels;
import org.junit.jupiter.api.Test;

class LlamaConfigTest {
    private static final LlamaConfig LLAMA_2_7B =
            new LlamaConfig(32_000, 4096, 32, 32, 32, 4096, 128, 11_008, 1e-5f, 10_000, false);

    private static final String QWEN25 = """
            {"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,
            "eos_token_id":151643,"hidden_act":"silu","hidden_size":896,"initializer_range":0.02,
            "intermediate_size":4864,"max_position_embeddings":32768,"max_window_layers":24,
            "model_type":"qwen2","num_attention_heads":14,"num_hidden_layers":24,
            "num_key_value_heads":2,"rms_norm_eps":1e-06,"rope_theta":1000000.0,
            "sliding_window":32768,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
            "use_cache":true,"use_sliding_window":false,"vocab_size":151936}""";

    @Test
    void countsThePublishedLlamas() {
        assertThat(LLAMA_2_7B.parameterCount()).isEqualTo(6_738_415_616L);
        LlamaConfig llama32 = new LlamaConfig(128_256, 131_072, 16, 32, 8, 2048, 64, 8192, 1e-5f, 500_000, true);
        assertThat(llama32.parameterCount()).isEqualTo(1_235_814_400L);
        // The table of tokens is looked up where another matrix is the head.
        assertThat(LLAMA_2_7B.flopsPerToken())
                .isEqualTo(6 * (6_738_415_616L - 32_000 * 4096L) + 12L * 32 * 4096 * 4096);
    }

    @Test
    void readsWhatItWrites() {
        assertThat(DecoderConfig.fromJson(LLAMA_2_7B.toJson())).isEqualTo(LLAMA_2_7B);
        assertThat(DecoderConfig.fromJson(TestModels.TINY_LLAMA.toJson())).isEqualTo(TestModels.TINY_LLAMA);
        assertThat(DecoderConfig.fromJson(TestModels.TINY_QWEN2.toJson())).isEqualTo(TestModels.TINY_QWEN2);
        assertThat(DecoderConfig.fromJson(TestModels.TINY.toJson())).isEqualTo(TestModels.TINY);
    }

    @Test
    void readsWhatOlderFilesLeaveOut() {
        LlamaConfig expected = new LlamaConfig(7, 3, 1, 2, 2, 4, 2, 6, 1e-6f, 10_000, false);
        assertThat(read("")).isEqualTo(expected);
        assertThat(read("\"rope_theta\":500,").ropeTheta()).isEqualTo(500);
        assertThat(read("\"rope_theta\":500,\"rope_parameters\":{\"rope_theta\":600},")
                        .ropeTheta())
                .isEqualTo(600);
        assertThat(read("\"rope_scaling\":null,\"head_dim\":null,")).isEqualTo(expected);
        assertThat(read("\"num_key_value_heads\":1,").keyValueHeads()).isEqualTo(1);
    }

    @Test
    void refusesWhatTheGraphWouldComputeOtherwise() {
        assertRefused("\"hidden_act\":\"gelu\"", "hidden_act: gelu (expected: silu or swish)");
        assertRefused("\"attention_bias\":true", "attention_bias: true (expected: false)");
        assertRefused("\"mlp_bias\":true", "mlp_bias: true (expected: false)");
        assertRefused("\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}", "type: linear (expected: default)");
        assertRefused("\"rope_parameters\":{\"rope_type\":\"llama3\"}", "rope_type: llama3 (expected: default)");
        assertRefused("\"rope_parameters\":3", "rope_parameters: 3 (expected: an object)");
        assertRefused("\"rope_theta\":\"x\"", "rope_theta: \"x\" (expected: a number)");
        assertRefused("\"rope_theta\":0", "config.json: ropeTheta: 0.0 (expected: > 1, at most 1.0E12)");
        assertRefused("\"tie_word_embeddings\":1", "tie_word_embeddings: 1 (expected: true or false)");
        assertRefused("\"num_key_value_heads\":3", "config.json: keyValueHeads: 3 (expected: 1..2)");
        assertRefused("\"head_dim\":3", "config.json: headWidth: 3 (expected: an even number)");
        assertRefused("\"rms_norm_eps\":0", "config.json: normEpsilon: 0.0 (expected: between 0 and 1)");
        assertThatThrownBy(() -> DecoderConfig.fromJson("{\"model_type\":\"mamba\"}".getBytes(UTF_8)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("model_type: mamba (expected: gpt2 or llama or qwen2)");
    }

    /** Qwen2.5-0.5B's own configuration. */
    @Test
    void readsTheConfigurationOfAQwen2() {
        DecoderConfig found = DecoderConfig.fromJson(QWEN25.getBytes(UTF_8));
        assertThat(found)
                .isEqualTo(new LlamaConfig(151_936, 32_768, 24, 14, 2, 896, 64, 4864, 1e-6f, 1_000_000, true, true));
        assertThat(found.family()).isEqualTo("qwen2");
        assertThat(found.parameterCount()).isEqualTo(494_032_768);
    }

    @Test
    void refusesAWindowOfAQwen2() {
        String window = QWEN25.replace("\"use_sliding_window\":false", "\"use_sliding_window\":true");
        assertThatThrownBy(() -> DecoderConfig.fromJson(window.getBytes(UTF_8)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("use_sliding_window: true (expected: false)");
        String mixed = QWEN25.replace("{", "{\"layer_types\":[\"full_attention\",\"sliding_attention\"],");
        assertThatThrownBy(() -> DecoderConfig.fromJson(mixed.getBytes(UTF_8)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("layer_types: \"sliding_attention\" (expected: full_attention)");
    }

    private static void assertRefused(String more, String message) {
        assertThatThrownBy(() -> read(more + ","))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(message);
    }

    private static LlamaConfig read(String more) {
        String json = "{" + more + "\"model_type\":\"llama\",\"vocab_size\":7,\"max_position_embeddings\":3,"
                + "\"hidden_size\":4,\"intermediate_size\":6,\"num_hidden_layers\":1,\"num_attention_heads\":2}";
        return LlamaConfig.of(ConfigJson.parse(json.getBytes(UTF_8)));
    }
}
