package io.maru.training.domain;

/**
 * How large a job this machine takes on.
 *
 * @param parameters of a model
 * @param stepTokens tokens of one step, batch times block
 * @param stepLogits numbers of the logits that are held at a time: sequences of a part of the batch, times block, times
 *     vocabulary
 * @param stepScores numbers of the attention that is held at a time, which the backward pass needs again: sequences of a
 *     part of the batch, times heads, times block, times block, in each layer
 * @param memory bytes that a process which trains may take
 * @param memoryOfEachDevice whether it may take as much again on each further device, as on GPUs
 */
public record Limits(
        long parameters, long stepTokens, long stepLogits, long stepScores, long memory, boolean memoryOfEachDevice) {
    /** Where all devices share one memory. */
    public Limits(long parameters, long stepTokens, long stepLogits, long stepScores, long memory) {
        this(parameters, stepTokens, stepLogits, stepScores, memory, false);
    }

    /** Bytes that one worker may take. */
    public long memoryOf(Parallelism parallelism) {
        return memoryOfEachDevice ? Math.multiplyExact(memory, parallelism.devices()) : memory;
    }
}
