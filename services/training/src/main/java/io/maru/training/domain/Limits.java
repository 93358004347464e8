package io.maru.training.domain;

/**
 * How large a job this machine takes on.
 *
 * @param parameters of a model
 * @param stepTokens tokens of one step, batch times block
 * @param stepLogits numbers of one step's logits, which is the largest tensor: batch times block times vocabulary
 */
public record Limits(long parameters, long stepTokens, long stepLogits) {}
