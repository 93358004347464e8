package io.maru.tokenization.domain;

/**
 * How far the training of a tokenizer is.
 *
 * @param readBytes of text in UTF-8, so far
 * @param sourceBytes all that will be read: the training split, and then the split that the quality report measures
 * @param learnedTokens that the vocabulary has so far; 0 while the training split is read
 */
public record TrainingProgress(long readBytes, long sourceBytes, int learnedTokens) {}
