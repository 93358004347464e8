package io.maru.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * The shape of a GPT-2: what tells one model's graph from another's.
 *
 * @param vocabularySize tokens that the model knows, V; ids are below it
 * @param block positions of its context, T at most
 * @param layers transformer blocks
 * @param heads attention heads of a layer, H; divides the width
 * @param width of the residual stream, C
 * @param layerNormEpsilon added to the variance; keeps LayerNorm finite on a constant row
 */
public record GptConfig(int vocabularySize, int block, int layers, int heads, int width, float layerNormEpsilon) {
    /** What GPT-2 was trained with. */
    public static final float GPT2_LAYER_NORM_EPSILON = 1e-5f;

    private static final int LARGEST_VOCABULARY = 1 << 24;
    private static final int LARGEST_BLOCK = 1 << 20;
    private static final int MOST_LAYERS = 1024;
    private static final int LARGEST_WIDTH = 1 << 16;

    private static final int LONGEST_JSON = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(16)
                    .maxStringLength(1 << 16)
                    .maxDocumentLength(LONGEST_JSON)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());

    public GptConfig {
        requireRange("vocabularySize", vocabularySize, LARGEST_VOCABULARY);
        requireRange("block", block, LARGEST_BLOCK);
        requireRange("layers", layers, MOST_LAYERS);
        requireRange("width", width, LARGEST_WIDTH);
        requireRange("heads", heads, width);
        if (width % heads != 0) {
            throw new IllegalArgumentException("heads: " + heads + " (expected: a divisor of the width " + width + ")");
        }
        if (!(layerNormEpsilon > 0 && layerNormEpsilon < 1)) {
            throw new IllegalArgumentException(
                    "layerNormEpsilon: " + layerNormEpsilon + " (expected: between 0 and 1)");
        }
        for (Parameter parameter : Parameter.of(vocabularySize, block, layers, width)) {
            // A tensor is one Java buffer, and one entry of a safetensors file.
            if (parameter.elements() > Integer.MAX_VALUE / Float.BYTES) {
                throw new IllegalArgumentException(parameter.name() + ": " + parameter.elements()
                        + " elements (expected: at most " + Integer.MAX_VALUE / Float.BYTES + ")");
            }
        }
    }

    public GptConfig(int vocabularySize, int block, int layers, int heads, int width) {
        this(vocabularySize, block, layers, heads, width, GPT2_LAYER_NORM_EPSILON);
    }

    /** Width of one head, D. */
    public int headWidth() {
        return width / heads;
    }

    /** Every weight of the model, in the order in which Hugging Face writes them. */
    List<Parameter> parameters() {
        return Parameter.of(vocabularySize, block, layers, width);
    }

    /** Trained numbers; the output head is the token embedding, which counts once. */
    public long parameterCount() {
        return parameters().stream().mapToLong(Parameter::elements).sum();
    }

    /**
     * Floating-point operations of one training step, forwards and backwards, per token.
     *
     * <p>Source: A. Chowdhery and others, "PaLM", appendix B: 6 per weight, and 12 C T per layer for attention.
     */
    public long flopsPerToken() {
        return 6 * parameterCount() + 12L * layers * width * block;
    }

    /** Hugging Face's {@code config.json} of GPT-2. The ids of special tokens are the tokenizer's, and not in it. */
    public byte[] toJson() {
        ObjectNode json = JSON.createObjectNode();
        json.put("model_type", "gpt2");
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
        json.put("initializer_range", Parameter.INITIAL_DEVIATION);
        json.put("resid_pdrop", 0.0);
        json.put("embd_pdrop", 0.0);
        json.put("attn_pdrop", 0.0);
        json.put("scale_attn_weights", true);
        json.put("scale_attn_by_inverse_layer_idx", false);
        json.put("reorder_and_upcast_attn", false);
        json.put("tie_word_embeddings", true);
        json.put("torch_dtype", "float32");
        // Absent, Hugging Face would assume the ids of GPT-2's own vocabulary.
        json.putNull("bos_token_id");
        json.putNull("eos_token_id");
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads Hugging Face's {@code config.json}.
     *
     * @throws UnsupportedModelException if it is no JSON object, is not of GPT-2, or asks for maths that GPT-2 as
     *     published does not have
     */
    public static GptConfig fromJson(byte[] json) {
        if (json.length > LONGEST_JSON) {
            throw new UnsupportedModelException(
                    "config.json", json.length + " bytes", "at most " + LONGEST_JSON + " bytes");
        }
        JsonNode config = parse(json);
        requireText(config, "model_type", List.of("gpt2"), Optional.empty());
        requireText(config, "activation_function", List.of("gelu_new", "gelu_pytorch_tanh"), Optional.of("gelu_new"));
        requireFlag(config, "tie_word_embeddings", true);
        requireFlag(config, "scale_attn_weights", true);
        requireFlag(config, "scale_attn_by_inverse_layer_idx", false);
        requireFlag(config, "add_cross_attention", false);
        int width = integer(config, "n_embd");
        if (!config.path("n_inner").isMissingNode() && !config.path("n_inner").isNull()) {
            int inner = integer(config, "n_inner");
            if (inner != (long) FeedForward.EXPANSION * width) {
                throw new UnsupportedModelException("n_inner", inner, (long) FeedForward.EXPANSION * width);
            }
        }
        JsonNode epsilon = config.path("layer_norm_epsilon");
        if (!epsilon.isMissingNode() && !epsilon.isNumber()) {
            throw new UnsupportedModelException("layer_norm_epsilon", epsilon, "a number");
        }
        try {
            return new GptConfig(
                    integer(config, "vocab_size"),
                    integer(config, "n_positions"),
                    integer(config, "n_layer"),
                    integer(config, "n_head"),
                    width,
                    epsilon.isMissingNode() ? GPT2_LAYER_NORM_EPSILON : epsilon.floatValue());
        } catch (IllegalArgumentException e) {
            throw new UnsupportedModelException("config.json: " + e.getMessage(), e);
        }
    }

    private static JsonNode parse(byte[] json) {
        JsonNode config;
        try {
            config = JSON.readTree(json);
        } catch (IOException e) {
            throw new UnsupportedModelException("config.json: no JSON (expected: an object)", e);
        }
        if (!config.isObject()) {
            throw new UnsupportedModelException("config.json", config.getNodeType(), "an object");
        }
        return config;
    }

    private static int integer(JsonNode config, String key) {
        JsonNode value = config.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new UnsupportedModelException(key, value.isMissingNode() ? "absent" : value, "an integer");
        }
        return value.intValue();
    }

    private static void requireText(JsonNode config, String key, List<String> expected, Optional<String> absent) {
        JsonNode value = config.path(key);
        String found = value.isMissingNode() ? absent.orElse("absent") : value.asText();
        if (!expected.contains(found)) {
            throw new UnsupportedModelException(key, found, String.join(" or ", expected));
        }
    }

    private static void requireFlag(JsonNode config, String key, boolean expected) {
        JsonNode value = config.path(key);
        if (!value.isMissingNode() && value.asBoolean(!expected) != expected) {
            throw new UnsupportedModelException(key, value, expected);
        }
    }

    private static void requireRange(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1.." + most + ")");
        }
    }
}
