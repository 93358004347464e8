package io.maru.training.domain;

/**
 * The shape of a GPT-2 style transformer, without the vocabulary, which is the dataset's.
 *
 * @param width of the residual stream
 * @param block the longest context, in tokens
 */
public record ModelSpec(int layers, int heads, int width, int block) {}
