package io.maru.evaluation.domain;

import java.time.Instant;

/**
 * What a model version is worth on a dataset's validation split.
 *
 * @param name {@code evaluations/{evaluation}}
 * @param requestId of the call that created it
 * @param run that it belongs to, {@code runs/{run}}; empty outside any run
 * @param maxTokens to score at most; 0 means the whole split
 * @param tokens to score; 0 until its worker has read the split
 * @param tally what is scored so far
 * @param failureReason empty unless FAILED
 * @param revision raised by every change
 * @param sequence order of creation
 */
public record Evaluation(
        String name,
        String requestId,
        String run,
        String modelVersion,
        String dataset,
        long maxTokens,
        State state,
        long tokens,
        Tally tally,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence) {}
