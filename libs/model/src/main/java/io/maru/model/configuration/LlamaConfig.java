package io.maru.model.configuration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.formats.DType;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The shape of a Llama, or of a Qwen2, which adds biases to queries, keys and values.
 *
 * @param vocabularySize tokens that the model knows, V; ids are below it
 * @param block positions of its context, T at most
 * @param layers transformer blocks
 * @param heads attention heads of a layer, H
 * @param keyValueHeads heads that keys and values have, K; divides the heads
 * @param width of the residual stream, C
 * @param headWidth width of one head, D; even, as positions turn its numbers in pairs
 * @param innerWidth of the feed-forward part, F
 * @param normEpsilon added to the mean square; keeps RMSNorm finite on a row of zeros
 * @param ropeTheta base of the wavelengths by which positions are told apart
 * @param tiedHead whether the output head is the token embedding, and not a matrix of its own
 * @param queryKeyValueBias whether queries, keys and values have a bias, as Qwen2's do
 */
public record LlamaConfig(
        int vocabularySize,
        int block,
        int layers,
        int heads,
        int keyValueHeads,
        int width,
        int headWidth,
        int innerWidth,
        float normEpsilon,
        double ropeTheta,
        boolean tiedHead,
        boolean queryKeyValueBias)
        implements DecoderConfig {
    /** Hugging Face's {@code model_type}. */
    public static final String FAMILY = "llama";
    /** Hugging Face's {@code model_type} of one with biases. */
    public static final String QWEN2 = "qwen2";
    /** What Llama 2 and 3 were trained with. */
    public static final float LLAMA_NORM_EPSILON = 1e-5f;
    /** What Llama 2 was trained with. */
    public static final double LLAMA_ROPE_THETA = 10_000;

    /** What Hugging Face takes where a file says nothing. */
    private static final double UNSAID_NORM_EPSILON = 1e-6;

    private static final double MAX_THETA = 1e12;

    /** All but the first three say nothing where there is no scaling. */
    private static final Set<String> ROPE_KEYS = Set.of(
            "rope_type", "rope_theta", "partial_rotary_factor", "type", "factor", "original_max_position_embeddings");

    public LlamaConfig {
        ShapeLimits.requireCommon(vocabularySize, block, layers, width);
        ShapeLimits.requireRange("heads", heads, ShapeLimits.MAX_WIDTH);
        ShapeLimits.requireRange("keyValueHeads", keyValueHeads, heads);
        if (heads % keyValueHeads != 0) {
            throw new IllegalArgumentException(
                    "keyValueHeads: " + keyValueHeads + " (expected: a divisor of the " + heads + " heads)");
        }
        ShapeLimits.requireRange("headWidth", headWidth, ShapeLimits.MAX_WIDTH / heads);
        if (headWidth % 2 != 0) {
            throw new IllegalArgumentException("headWidth: " + headWidth + " (expected: an even number)");
        }
        ShapeLimits.requireRange("innerWidth", innerWidth, 4 * ShapeLimits.MAX_WIDTH);
        ShapeLimits.requireFraction("normEpsilon", normEpsilon);
        if (!(ropeTheta > 1 && ropeTheta <= MAX_THETA)) {
            throw new IllegalArgumentException(
                    "ropeTheta: " + ropeTheta + " (expected: > 1, at most " + MAX_THETA + ")");
        }
        ShapeLimits.requireBuffers(Parameter.ofLlama(
                vocabularySize,
                layers,
                width,
                heads * headWidth,
                keyValueHeads * headWidth,
                innerWidth,
                tiedHead,
                queryKeyValueBias));
    }

    /** Without biases. */
    public LlamaConfig(
            int vocabularySize,
            int block,
            int layers,
            int heads,
            int keyValueHeads,
            int width,
            int headWidth,
            int innerWidth,
            float normEpsilon,
            double ropeTheta,
            boolean tiedHead) {
        this(
                vocabularySize,
                block,
                layers,
                heads,
                keyValueHeads,
                width,
                headWidth,
                innerWidth,
                normEpsilon,
                ropeTheta,
                tiedHead,
                false);
    }

    /** Of width / heads for each head, with what Llama 2 was trained with and a head that is the embedding. */
    public LlamaConfig(
            int vocabularySize, int block, int layers, int heads, int keyValueHeads, int width, int innerWidth) {
        this(
                vocabularySize,
                block,
                layers,
                heads,
                keyValueHeads,
                width,
                evenShare(width, heads),
                innerWidth,
                LLAMA_NORM_EPSILON,
                LLAMA_ROPE_THETA,
                true);
    }

    /** What makes SwiGLU's three matrices as large as two of four times the width, up to a multiple of 32. */
    public static int usualInnerWidth(int width) {
        return Math.toIntExact((8L * width / 3 + 31) / 32 * 32);
    }

    @Override
    public String family() {
        return queryKeyValueBias ? QWEN2 : FAMILY;
    }

    @Override
    public List<Parameter> parameters() {
        return Parameter.ofLlama(
                vocabularySize,
                layers,
                width,
                heads * headWidth,
                keyValueHeads * headWidth,
                innerWidth,
                tiedHead,
                queryKeyValueBias);
    }

    @Override
    public <R> R match(Function<GptConfig, R> gpt, Function<LlamaConfig, R> llama) {
        return llama.apply(this);
    }

    @Override
    public byte[] toJson(DType weights) {
        ObjectNode json = ConfigJson.object();
        json.put("model_type", family());
        json.putArray("architectures").add(queryKeyValueBias ? "Qwen2ForCausalLM" : "LlamaForCausalLM");
        json.put("vocab_size", vocabularySize);
        json.put("max_position_embeddings", block);
        json.put("hidden_size", width);
        json.put("intermediate_size", innerWidth);
        json.put("num_hidden_layers", layers);
        json.put("num_attention_heads", heads);
        json.put("num_key_value_heads", keyValueHeads);
        json.put("head_dim", headWidth);
        json.put("hidden_act", "silu");
        json.put("rms_norm_eps", normEpsilon);
        // Hugging Face's older releases read the first of these two, newer ones the second.
        json.put("rope_theta", ropeTheta);
        json.putObject("rope_parameters").put("rope_type", "default").put("rope_theta", ropeTheta);
        json.put("initializer_range", Parameter.initialDeviation(width));
        json.put("attention_dropout", 0.0);
        if (queryKeyValueBias) {
            json.put("use_sliding_window", false);
        } else {
            json.put("attention_bias", false);
            json.put("mlp_bias", false);
        }
        json.put("tie_word_embeddings", tiedHead);
        json.put("torch_dtype", ConfigJson.torch(weights));
        // Absent, Hugging Face would assume the ids of Llama's own vocabulary.
        json.putNull("bos_token_id");
        json.putNull("eos_token_id");
        return ConfigJson.bytes(json);
    }

    static LlamaConfig of(ConfigJson config) {
        boolean qwen = config.text("model_type", List.of(FAMILY, QWEN2)).equals(QWEN2);
        config.text("hidden_act", List.of("silu", "swish"), "silu");
        if (qwen) {
            config.requireFlag("use_sliding_window", false);
            config.requireTexts("layer_types", "full_attention");
        } else {
            // Llama's would be added to the output's product, too.
            config.requireFlag("attention_bias", false);
            config.requireFlag("mlp_bias", false);
        }
        ConfigJson rope = config.at("rope_parameters");
        rope.requireKeys(ROPE_KEYS);
        rope.text("rope_type", List.of("default"), "default");
        rope.requireNumber("partial_rotary_factor", 1);
        config.requireNumber("partial_rotary_factor", 1);
        ConfigJson scaling = config.at("rope_scaling");
        scaling.text("rope_type", List.of("default"), "default");
        scaling.text("type", List.of("default"), "default");
        int width = config.integer("hidden_size");
        int heads = config.integer("num_attention_heads");
        return ConfigJson.checked(() -> new LlamaConfig(
                config.integer("vocab_size"),
                config.integer("max_position_embeddings"),
                config.integer("num_hidden_layers"),
                heads,
                config.integer("num_key_value_heads", heads),
                width,
                config.has("head_dim") ? config.integer("head_dim") : evenShare(width, heads),
                config.integer("intermediate_size"),
                (float) config.number("rms_norm_eps", UNSAID_NORM_EPSILON),
                rope.number("rope_theta", config.number("rope_theta", LLAMA_ROPE_THETA)),
                config.flag("tie_word_embeddings", false),
                qwen));
    }

    private static int evenShare(int width, int heads) {
        ShapeLimits.requireRange("heads", heads, ShapeLimits.MAX_WIDTH);
        if (width % heads != 0) {
            throw new IllegalArgumentException("heads: " + heads + " (expected: a divisor of the width " + width + ")");
        }
        return width / heads;
    }
}
