package io.maru.training.domain;

/**
 * How large a job this machine takes on.
 *
 * @param parameters of a model
 * @param stepTokens tokens of one step, batch times block
 * @param stepLogits numbers of one step's logits: batch times block times vocabulary
 * @param stepScores numbers of one step's attention, which the backward pass needs again: batch times heads times block
 *     times block, in each layer
 */
public record Limits(long parameters, long stepTokens, long stepLogits, long stepScores) {}
