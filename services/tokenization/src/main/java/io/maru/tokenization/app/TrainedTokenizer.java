package io.maru.tokenization.app;

/**
 * A tokenizer whose files are stored.
 *
 * @param tokens that its vocabulary has
 * @param sha256 of tokenizer.json
 */
public record TrainedTokenizer(int tokens, String sha256) {}
