package io.maru.model.configuration;

import io.maru.formats.DType;
import java.util.List;
import java.util.function.Function;

/**
 * The shape of a decoder: what tells one model's graph from another's. Each family describes itself as Hugging Face's
 * {@code config.json} does.
 */
public sealed interface DecoderConfig permits GptConfig, LlamaConfig {
    /** Tokens that the model knows, V; ids are below it. */
    int vocabularySize();

    /** Positions of its context, T at most. */
    int block();

    /** Transformer blocks. */
    int layers();

    /** Attention heads of a layer, H. */
    int heads();

    /** Heads that keys and values have, K; divides the heads. Each serves H / K heads of queries. */
    int keyValueHeads();

    /** Of the residual stream, C. */
    int width();

    /** Width of one head, D. */
    int headWidth();

    /** Width between the two halves of the feed-forward part, F. */
    int innerWidth();

    /** Whether the output head is the token embedding, and not a matrix of its own. */
    boolean tiedHead();

    /** Hugging Face's {@code model_type}. */
    String family();

    /** Every weight of the model, in the order in which Hugging Face writes them. */
    List<Parameter> parameters();

    /** What belongs to this family: the switch over the permitted types. */
    <R> R match(Function<GptConfig, R> gpt, Function<LlamaConfig, R> llama);

    /**
     * Hugging Face's {@code config.json}. The ids of special tokens are the tokenizer's, and not in it.
     *
     * @param weights F32, F16 or BF16, the type of the weights beside it
     */
    byte[] toJson(DType weights);

    /** {@link #toJson(DType)} of weights of F32. */
    default byte[] toJson() {
        return toJson(DType.F32);
    }

    /** Trained numbers; an output head that is the token embedding counts once. */
    default long parameterCount() {
        return parameters().stream().mapToLong(Parameter::elements).sum();
    }

    /**
     * Floating-point operations of one training step, forwards and backwards, per token.
     *
     * <p>Source: A. Chowdhery and others, "PaLM", appendix B: 6 per weight, and 12 H D T per layer for attention. A token
     * embedding that is not the head as well is looked up, and multiplies nothing.
     */
    default long flopsPerToken() {
        long lookedUp = tiedHead() ? 0 : (long) vocabularySize() * width();
        return 6 * (parameterCount() - lookedUp) + 12L * layers() * heads() * headWidth() * block();
    }

    /** Values of {@code model_type} that there is a graph for. */
    List<String> FAMILIES = List.of(GptConfig.FAMILY, LlamaConfig.FAMILY, LlamaConfig.QWEN2);

    /**
     * Reads Hugging Face's {@code config.json} of any family that there is.
     *
     * @throws UnsupportedModelException if it is no JSON object, is of none of the families, or asks for maths that its
     *     family as published does not have
     */
    static DecoderConfig fromJson(byte[] json) {
        ConfigJson config = ConfigJson.parse(json);
        return switch (config.text("model_type", FAMILIES)) {
            case GptConfig.FAMILY -> GptConfig.of(config);
            default -> LlamaConfig.of(config);
        };
    }
}
