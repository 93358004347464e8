package io.maru.model.exchange;

import io.maru.formats.GgufContent;
import io.maru.formats.GgufFile;
import io.maru.formats.GgufMetadata;
import io.maru.formats.GgufTensorInfo;
import io.maru.model.configuration.ConfigJson;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.UnsupportedModelException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** What the keys of a GGUF file say about the model's shape. */
final class GgufKeys {
    static final String ARCHITECTURE = "general.architecture";

    private static final String SOURCE = "metadata";
    private static final String NO_SCALING = "none";
    /** What llama.cpp takes where a file does not say it. */
    private static final double UNSAID_ROPE_BASE = 10_000;

    /** Keys after the architecture's name that either are read here or change nothing. */
    private static final Set<String> KNOWN = Set.of(
            "context_length",
            "embedding_length",
            "block_count",
            "feed_forward_length",
            "vocab_size",
            "tensor_data_layout",
            "use_parallel_residual",
            "expert_count",
            "expert_used_count",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.key_length",
            "attention.value_length",
            "attention.layer_norm_epsilon",
            "attention.layer_norm_rms_epsilon",
            "attention.causal",
            "rope.dimension_count",
            "rope.freq_base",
            "rope.scaling.type",
            "rope.scaling.finetuned");

    private final GgufMetadata keys;
    private final String family;

    private GgufKeys(GgufMetadata keys) {
        this.keys = keys;
        family = keys.text(ARCHITECTURE);
        if (!DecoderConfig.FAMILIES.contains(family)) {
            throw new UnsupportedModelException(ARCHITECTURE, family, String.join(" or ", DecoderConfig.FAMILIES));
        }
    }

    /** @throws UnsupportedModelException if it is of none of the families, or asks for maths that its family does not have */
    static DecoderConfig read(GgufFile file) throws IOException {
        GgufKeys keys = new GgufKeys(file.metadata());
        keys.requireKnown();
        int vocabulary = vocabulary(file);
        boolean tiedHead = !file.contains(GgufTensor.HEAD) || keys.repeatsEmbedding(file);
        return ConfigJson.checked(SOURCE, () -> keys.config(vocabulary, tiedHead));
    }

    /** Older converters write GPT-2's head although it is the token embedding. */
    private boolean repeatsEmbedding(GgufFile file) throws IOException {
        GgufTensorInfo head = file.info(GgufTensor.HEAD);
        GgufTensorInfo embedding = file.info(GgufTensor.TOKEN_EMBEDDING);
        if (!family.equals(GptConfig.FAMILY) || !Arrays.equals(head.shape(), embedding.shape())) {
            return false;
        }
        int width = (int) head.rowElements();
        FloatBuffer row = FloatBuffer.allocate(width);
        FloatBuffer other = FloatBuffer.allocate(width);
        for (long i = 0; i < head.elements() / width; i++) {
            file.rows(head.name(), i, 1, row.clear());
            file.rows(embedding.name(), i, 1, other.clear());
            if (!row.flip().equals(other.flip())) {
                return false;
            }
        }
        return true;
    }

    /** Adds what {@link #read} reads. */
    static void write(DecoderConfig config, GgufContent content) {
        String family = config.family() + ".";
        content.integer(family + "vocab_size", config.vocabularySize())
                .integer(family + "context_length", config.block())
                .integer(family + "embedding_length", config.width())
                .integer(family + "feed_forward_length", config.innerWidth())
                .integer(family + "block_count", config.layers())
                .integer(family + "attention.head_count", config.heads());
        if (config instanceof GptConfig gpt) {
            content.number(family + "attention.layer_norm_epsilon", gpt.layerNormEpsilon());
        } else if (config instanceof LlamaConfig llama) {
            content.integer(family + "attention.head_count_kv", llama.keyValueHeads())
                    .number(family + "attention.layer_norm_rms_epsilon", llama.normEpsilon())
                    .integer(family + "rope.dimension_count", llama.headWidth())
                    .number(family + "rope.freq_base", (float) llama.ropeTheta());
            if (llama.heads() * llama.headWidth() != llama.width()) {
                content.integer(family + "attention.key_length", llama.headWidth())
                        .integer(family + "attention.value_length", llama.headWidth());
            }
        }
    }

    private DecoderConfig config(int vocabulary, boolean tiedHead) {
        int block = integer("context_length");
        int layers = integer("block_count");
        int heads = integer("attention.head_count");
        int width = integer("embedding_length");
        int inner = integer("feed_forward_length");
        if (family.equals(GptConfig.FAMILY)) {
            require("feed_forward_length", inner, 4L * width);
            float epsilon = (float) keys.number(key("attention.layer_norm_epsilon"));
            return new GptConfig(vocabulary, block, layers, heads, width, epsilon, tiedHead);
        }
        int headWidth = has("attention.key_length") ? integer("attention.key_length") : share(width, heads);
        requireIfSaid("attention.value_length", headWidth);
        requireIfSaid("rope.dimension_count", headWidth);
        return new LlamaConfig(
                vocabulary,
                block,
                layers,
                heads,
                has("attention.head_count_kv") ? integer("attention.head_count_kv") : heads,
                width,
                headWidth,
                inner,
                (float) keys.number(key("attention.layer_norm_rms_epsilon")),
                keys.number(key("rope.freq_base"), UNSAID_ROPE_BASE),
                tiedHead,
                family.equals(LlamaConfig.QWEN2));
    }

    private void requireKnown() {
        TreeSet<String> unknown = new TreeSet<>(keys.keys());
        unknown.removeIf(key -> !key.startsWith(family + ".") || KNOWN.contains(key.substring(family.length() + 1)));
        if (has("rope.scaling.type")) {
            String scaling = keys.text(key("rope.scaling.type"));
            if (!scaling.equals(NO_SCALING)) {
                throw new UnsupportedModelException(key("rope.scaling.type"), scaling, NO_SCALING);
            }
            // Without a type they say nothing.
            unknown.removeIf(key -> key.startsWith(key("rope.scaling.")));
        }
        requireIfSaid("expert_count", 0);
        if (!keys.flag(key("attention.causal"), true)) {
            throw new UnsupportedModelException(key("attention.causal"), false, true);
        }
        if (!unknown.isEmpty()) {
            String first = unknown.first();
            throw new UnsupportedModelException(first, keys.describe(first), "none of this name");
        }
    }

    private static int vocabulary(GgufFile file) {
        if (!file.contains(GgufTensor.TOKEN_EMBEDDING)) {
            throw new UnsupportedModelException("tensor " + GgufTensor.TOKEN_EMBEDDING, "absent", "one");
        }
        return (int) Math.min(
                Integer.MAX_VALUE,
                file.info(GgufTensor.TOKEN_EMBEDDING).shape().length == 0
                        ? 1
                        : file.info(GgufTensor.TOKEN_EMBEDDING).shape()[0]);
    }

    private static int share(int width, int heads) {
        if (heads < 1 || width % heads != 0) {
            throw new IllegalArgumentException("heads: " + heads + " (expected: a divisor of the width " + width + ")");
        }
        return width / heads;
    }

    private boolean has(String name) {
        return keys.has(key(name));
    }

    private int integer(String name) {
        long value = keys.integer(key(name));
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new UnsupportedModelException(key(name), value, "0.." + Integer.MAX_VALUE);
        }
        return (int) value;
    }

    private void requireIfSaid(String name, long expected) {
        if (has(name)) {
            require(name, keys.integer(key(name)), expected);
        }
    }

    private void require(String name, long found, long expected) {
        if (found != expected) {
            throw new UnsupportedModelException(key(name), found, expected);
        }
    }

    private String key(String name) {
        return family + "." + name;
    }
}
