package io.maru.evaluation.domain;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * What a model version is worth on a dataset's validation split.
 *
 * @param name {@code workspaces/{workspace}/evaluations/{evaluation}}; the other names are full too
 * @param run that it belongs to; empty outside any run
 * @param maxTokens scoring stops after this many; 0 means the whole split
 * @param priority within the workspace; higher comes first
 * @param tokens to score; 0 until its worker has read the split
 * @param tally what is scored so far
 * @param failureReason empty unless FAILED
 * @param revision raised by every change
 * @param sequence order of creation
 */
public record Evaluation(
        String name,
        String run,
        String modelVersion,
        String dataset,
        long maxTokens,
        int priority,
        State state,
        long tokens,
        Tally tally,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence) {
    public Evaluation {
        requireNonNull(name, "name");
        requireNonNull(state, "state");
        requireNonNull(tally, "tally");
    }

    /** The worker has read the split. An evaluation that is no longer wanted stays as it is. */
    public Evaluation start(long tokensOfSplit) {
        return switch (state) {
            case PENDING, RUNNING -> with(State.RUNNING, tokensOfSplit, tally);
            case SUCCEEDED, FAILED, CANCELLING, CANCELLED -> this;
        };
    }

    /** One more batch is scored. An evaluation that is no longer wanted stays as it is. */
    public Evaluation progress(Tally scored) {
        return switch (state) {
            case PENDING, RUNNING -> with(state, tokens, scored);
            case SUCCEEDED, FAILED, CANCELLING, CANCELLED -> this;
        };
    }

    /** Somebody asks it to stop: one that waits is CANCELLED, one that runs must be told to its worker first. */
    public Evaluation cancel() {
        return switch (state) {
            case PENDING -> with(State.CANCELLED, tokens, tally);
            case RUNNING -> with(State.CANCELLING, tokens, tally);
            case SUCCEEDED, FAILED, CANCELLING, CANCELLED -> this;
        };
    }

    /** Its worker has scored all of it. */
    public Evaluation succeed() {
        return switch (state) {
            case RUNNING -> with(State.SUCCEEDED, tokens, tally);
            case PENDING, SUCCEEDED, FAILED, CANCELLED -> this;
            case CANCELLING -> stop();
        };
    }

    /** Its worker has noticed that it is not wanted any more. */
    public Evaluation stop() {
        return switch (state) {
            case CANCELLING -> with(State.CANCELLED, tokens, tally);
            case PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED -> this;
        };
    }

    /** Its worker has given it up. */
    public Evaluation fail(String reason, String message) {
        return switch (state) {
            case PENDING, RUNNING -> with(State.FAILED, tokens, tally, reason, message);
            case CANCELLING -> stop();
            case SUCCEEDED, FAILED, CANCELLED -> this;
        };
    }

    private Evaluation with(State newState, long newTokens, Tally newTally) {
        return with(newState, newTokens, newTally, failureReason, failureMessage);
    }

    private Evaluation with(State newState, long newTokens, Tally newTally, String reason, String message) {
        return new Evaluation(
                name,
                run,
                modelVersion,
                dataset,
                maxTokens,
                priority,
                newState,
                newTokens,
                newTally,
                reason,
                message,
                createTime,
                updateTime,
                revision,
                sequence);
    }
}
