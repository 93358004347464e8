package io.maru.training.domain;

/**
 * The shape of a decoder, without the vocabulary, which is the dataset's.
 *
 * @param width of the residual stream
 * @param block the longest context, in tokens
 * @param keyValueHeads Llama's heads of keys and values; 0 for as many as heads
 * @param intermediate of Llama's feed-forward part; 0 for the usual one
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
    /** Of architectures. */
    public enum Family {
        GPT2,
        LLAMA
    }

    /** A GPT-2. */
    public ModelSpec(int layers, int heads, int width, int block) {
        this(layers, heads, width, block, Family.GPT2, 0, 0, false);
    }
}
