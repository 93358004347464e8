package io.maru.model.configuration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.formats.DType;
import java.util.List;
import java.util.function.Function;

/**
 * The shape of a GPT-2.
 *
 * @param vocabularySize tokens that the model knows, V; ids are below it
 * @param block positions of its context, T at most
 * @param layers transformer blocks
 * @param heads attention heads of a layer, H; divides the width
 * @param width of the residual stream, C
 * @param layerNormEpsilon added to the variance; keeps LayerNorm finite on a constant row
 * @param tiedHead whether the output head is the token embedding, as in those that were published, and not a matrix of its own
 */
public record GptConfig(
        int vocabularySize, int block, int layers, int heads, int width, float layerNormEpsilon, boolean tiedHead)
        implements DecoderConfig {
    /** Hugging Face's {@code model_type}. */
    public static final String FAMILY = "gpt2";
    /** What GPT-2 was trained with. */
    public static final float GPT2_LAYER_NORM_EPSILON = 1e-5f;

    /** How much wider than the residual stream the feed-forward part is between its halves. */
    private static final int EXPANSION = 4;

    public GptConfig {
        ShapeLimits.requireCommon(vocabularySize, block, layers, width);
        ShapeLimits.requireRange("heads", heads, width);
        if (width % heads != 0) {
            throw new IllegalArgumentException("heads: " + heads + " (expected: a divisor of the width " + width + ")");
        }
        ShapeLimits.requireFraction("layerNormEpsilon", layerNormEpsilon);
        ShapeLimits.requireBuffers(
                Parameter.ofGpt(vocabularySize, block, layers, width, Math.multiplyExact(EXPANSION, width), tiedHead));
    }

    /** With a head that is the embedding. */
    public GptConfig(int vocabularySize, int block, int layers, int heads, int width, float layerNormEpsilon) {
        this(vocabularySize, block, layers, heads, width, layerNormEpsilon, true);
    }

    public GptConfig(int vocabularySize, int block, int layers, int heads, int width) {
        this(vocabularySize, block, layers, heads, width, GPT2_LAYER_NORM_EPSILON);
    }

    @Override
    public int keyValueHeads() {
        return heads;
    }

    @Override
    public int headWidth() {
        return width / heads;
    }

    @Override
    public int innerWidth() {
        return EXPANSION * width;
    }

    @Override
    public String family() {
        return FAMILY;
    }

    @Override
    public List<Parameter> parameters() {
        return Parameter.ofGpt(vocabularySize, block, layers, width, innerWidth(), tiedHead);
    }

    @Override
    public <R> R match(Function<GptConfig, R> gpt, Function<LlamaConfig, R> llama) {
        return gpt.apply(this);
    }

    @Override
    public byte[] toJson(DType weights) {
        ObjectNode json = ConfigJson.object();
        json.put("model_type", FAMILY);
        json.putArray("architectures").add("GPT2LMHeadModel");
        json.put("vocab_size", vocabularySize);
        json.put("n_positions", block);
        json.put("n_ctx", block);
        json.put("n_embd", width);
        json.put("n_layer", layers);
        json.put("n_head", heads);
        json.putNull("n_inner");
        json.put("activation_function", "gelu_new");
        json.put("layer_norm_epsilon", layerNormEpsilon);
        json.put("initializer_range", Parameter.initialDeviation(width));
        json.put("resid_pdrop", 0.0);
        json.put("embd_pdrop", 0.0);
        json.put("attn_pdrop", 0.0);
        json.put("scale_attn_weights", true);
        json.put("scale_attn_by_inverse_layer_idx", false);
        json.put("reorder_and_upcast_attn", false);
        json.put("tie_word_embeddings", tiedHead);
        json.put("torch_dtype", ConfigJson.torch(weights));
        // Absent, Hugging Face would assume the ids of GPT-2's own vocabulary.
        json.putNull("bos_token_id");
        json.putNull("eos_token_id");
        return ConfigJson.bytes(json);
    }

    /**
     * Reads Hugging Face's {@code config.json}.
     *
     * @throws UnsupportedModelException if it is no JSON object, is not of GPT-2, or asks for maths that GPT-2 as
     *     published does not have
     */
    public static GptConfig fromJson(byte[] json) {
        return of(ConfigJson.parse(json));
    }

    static GptConfig of(ConfigJson config) {
        config.text("model_type", List.of(FAMILY));
        config.text("activation_function", List.of("gelu_new", "gelu_pytorch_tanh"), "gelu_new");
        config.requireFlag("scale_attn_weights", true);
        config.requireFlag("scale_attn_by_inverse_layer_idx", false);
        config.requireFlag("add_cross_attention", false);
        int width = config.integer(List.of("n_embd", "hidden_size"));
        if (config.has("n_inner") && config.integer("n_inner") != (long) EXPANSION * width) {
            throw new UnsupportedModelException("n_inner", config.integer("n_inner"), (long) EXPANSION * width);
        }
        return ConfigJson.checked(() -> new GptConfig(
                config.integer("vocab_size"),
                config.integer(List.of("n_positions", "n_ctx", "max_position_embeddings")),
                config.integer(List.of("n_layer", "num_hidden_layers")),
                config.integer(List.of("n_head", "num_attention_heads")),
                width,
                (float) config.number("layer_norm_epsilon", GPT2_LAYER_NORM_EPSILON),
                config.flag("tie_word_embeddings", true)));
    }
}
