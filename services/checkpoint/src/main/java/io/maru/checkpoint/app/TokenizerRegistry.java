package io.maru.checkpoint.app;

/** Keeps the tokenizers of the platform. */
public interface TokenizerRegistry {
    /**
     * Registers a tokenizer in the workspace of the caller; the same bytes are one tokenizer, however often they come.
     *
     * @return its full name
     * @throws io.maru.platform.error.Refusal TOKENIZER_UNSUPPORTED
     */
    String register(byte[] tokenizerJson) throws InterruptedException;
}
