package io.maru.checkpoint.domain;

/**
 * What an import finds in its files.
 *
 * @param architecture as in {@code LlamaForCausalLM}; empty before it is known, as the other texts
 * @param dtype of the weights that are written
 * @param tokenizer full name of the tokenizer that came with it; empty where none did
 * @param writtenBytes of weights so far
 * @param bytes of weights in all; 0 before that is known
 */
public record FoundModel(
        String architecture, long parameters, String dtype, String tokenizer, long writtenBytes, long bytes) {
    public static final FoundModel NONE = new FoundModel("", 0, "", "", 0, 0);

    public FoundModel written(long bytesSoFar) {
        return new FoundModel(architecture, parameters, dtype, tokenizer, bytesSoFar, bytes);
    }
}
