package io.maru.tokenization.app;

/**
 * A tokenizer whose files are stored.
 *
 * @param tokens that its vocabulary has
 * @param sha256 of tokenizer.json
 * @param reportSha256 of report.json
 * @param sourceBytes of text that was read
 */
public record TrainedTokenizer(int tokens, String sha256, String reportSha256, long sourceBytes) {}
