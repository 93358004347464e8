package io.maru.model.exchange;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.GptNames;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.LlamaNames;
import io.maru.model.configuration.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How llama.cpp calls and lays out a parameter.
 *
 * @param name in a GGUF file
 */
record GgufTensor(String name, Layout layout) {
    static final String TOKEN_EMBEDDING = "token_embd.weight";
    static final String POSITION_EMBEDDING = "position_embd.weight";
    static final String HEAD = "output.weight";

    /** What a matrix of GGUF is against Hugging Face's. */
    enum Layout {
        SAME,
        /** The rows of each head stand in the order of {@link Rows}. */
        PAIRED,
        /** [out, in] and not [in, out]. */
        TRANSPOSED
    }

    /** Gives them for every parameter of a model, by its name. */
    static Map<String, GgufTensor> of(DecoderConfig config) {
        Map<String, GgufTensor> all = config.match(GgufTensor::ofGpt, GgufTensor::ofLlama);
        Map<String, GgufTensor> present = new LinkedHashMap<>();
        for (Parameter parameter : config.parameters()) {
            present.put(parameter.name(), all.get(parameter.name()));
        }
        return present;
    }

    private static Map<String, GgufTensor> ofGpt(GptConfig config) {
        Map<String, GgufTensor> all = new LinkedHashMap<>();
        put(all, GptNames.TOKEN_EMBEDDING, "token_embd", Layout.SAME);
        put(all, GptNames.POSITION_EMBEDDING, "position_embd", Layout.SAME);
        for (int layer = 0; layer < config.layers(); layer++) {
            GptNames names = new GptNames(layer);
            String block = "blk." + layer + ".";
            put(all, names.attentionNorm(), block + "attn_norm", Layout.SAME);
            put(all, names.queryKeyValue(), block + "attn_qkv", Layout.TRANSPOSED);
            put(all, names.projection(), block + "attn_output", Layout.TRANSPOSED);
            put(all, names.feedForwardNorm(), block + "ffn_norm", Layout.SAME);
            put(all, names.expand(), block + "ffn_up", Layout.TRANSPOSED);
            put(all, names.contract(), block + "ffn_down", Layout.TRANSPOSED);
        }
        put(all, GptNames.FINAL_NORM, "output_norm", Layout.SAME);
        put(all, GptNames.HEAD, "output", Layout.SAME);
        return all;
    }

    private static Map<String, GgufTensor> ofLlama(LlamaConfig config) {
        // llama.cpp turns Qwen2's heads as Hugging Face does.
        Layout turned = config.family().equals(LlamaConfig.FAMILY) ? Layout.PAIRED : Layout.SAME;
        Map<String, GgufTensor> all = new LinkedHashMap<>();
        put(all, LlamaNames.TOKEN_EMBEDDING, "token_embd", Layout.SAME);
        for (int layer = 0; layer < config.layers(); layer++) {
            LlamaNames names = new LlamaNames(layer);
            String block = "blk." + layer + ".";
            put(all, names.attentionNorm(), block + "attn_norm", Layout.SAME);
            put(all, names.query(), block + "attn_q", turned);
            put(all, names.key(), block + "attn_k", turned);
            put(all, names.value(), block + "attn_v", Layout.SAME);
            put(all, names.output(), block + "attn_output", Layout.SAME);
            put(all, names.feedForwardNorm(), block + "ffn_norm", Layout.SAME);
            put(all, names.gate(), block + "ffn_gate", Layout.SAME);
            put(all, names.up(), block + "ffn_up", Layout.SAME);
            put(all, names.down(), block + "ffn_down", Layout.SAME);
        }
        put(all, LlamaNames.FINAL_NORM, "output_norm", Layout.SAME);
        put(all, LlamaNames.HEAD, "output", Layout.SAME);
        return all;
    }

    private static void put(Map<String, GgufTensor> all, String box, String name, Layout layout) {
        all.put(Parameter.weight(box), new GgufTensor(Parameter.weight(name), layout));
        all.put(Parameter.bias(box), new GgufTensor(Parameter.bias(name), Layout.SAME));
    }
}
