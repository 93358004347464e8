package io.maru.training.domain;

/**
 * What a job shows besides its progress.
 *
 * @param bestCheckpoint of those that are kept, the one with the lowest validation loss; empty before the first
 * @param bestValidationLoss in nats per token; 0 before the first
 * @param skippedBatches that were left out, up to the last checkpoint
 * @param pauseReason why it paused by itself; empty where it did not
 * @param inexact why the bits may differ from those of a run that nothing disturbed; empty where they do not
 */
public record JobDetails(
        String bestCheckpoint, double bestValidationLoss, long skippedBatches, String pauseReason, String inexact) {
    public static final JobDetails NONE = new JobDetails("", 0, 0, "", "");
}
