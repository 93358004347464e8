package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;

/**
 * The shape of a decoder, without the vocabulary, which is the dataset's.
 *
 * @param width of the residual stream
 * @param block the longest context, in tokens
 * @param keyValueHeads Llama's heads of keys and values; {@link TrainingSpec#FOLLOWS} for as many as heads
 * @param intermediate width of Llama's feed-forward part; {@link TrainingSpec#FOLLOWS} for the usual one
 * @param ownHead whether Llama's output head is not the token embedding
 */
public record ModelSpec(
        int layers,
        int heads,
        int width,
        int block,
        Family family,
        int keyValueHeads,
        int intermediate,
        boolean ownHead) {
    /** Stands for the shape of the first weights. */
    public static final ModelSpec OF_INIT = new ModelSpec(0, 0, 0, 0);

    /** Of architectures. */
    public enum Family {
        GPT2,
        LLAMA
    }

    /** A GPT-2. */
    public ModelSpec(int layers, int heads, int width, int block) {
        this(layers, heads, width, block, Family.GPT2, TrainingSpec.FOLLOWS, TrainingSpec.FOLLOWS, false);
    }

    /** The shape that a model has. */
    public static ModelSpec of(DecoderConfig config) {
        return config.match(
                gpt -> new ModelSpec(gpt.layers(), gpt.heads(), gpt.width(), gpt.block()),
                llama -> new ModelSpec(
                        llama.layers(),
                        llama.heads(),
                        llama.width(),
                        llama.block(),
                        Family.LLAMA,
                        llama.keyValueHeads(),
                        llama.innerWidth(),
                        !llama.tiedHead()));
    }

    /** The same shape with all that follows told. */
    ModelSpec complete() {
        return family == Family.GPT2
                ? this
                : new ModelSpec(
                        layers,
                        heads,
                        width,
                        block,
                        family,
                        keyValueHeads == TrainingSpec.FOLLOWS ? heads : keyValueHeads,
                        intermediate == TrainingSpec.FOLLOWS ? LlamaConfig.usualInnerWidth(width) : intermediate,
                        ownHead);
    }

    /**
     * Hugging Face's configuration of this shape.
     *
     * @throws IllegalArgumentException if there is no such model
     */
    DecoderConfig config(int vocabularySize) {
        return switch (family) {
            case GPT2 -> new GptConfig(vocabularySize, block, layers, heads, width);
            case LLAMA ->
                new LlamaConfig(
                        vocabularySize,
                        block,
                        layers,
                        heads,
                        complete().keyValueHeads,
                        width,
                        width / heads,
                        complete().intermediate,
                        LlamaConfig.LLAMA_NORM_EPSILON,
                        LlamaConfig.LLAMA_ROPE_THETA,
                        !ownHead);
        };
    }
}
