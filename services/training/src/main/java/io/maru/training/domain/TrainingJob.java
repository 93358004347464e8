package io.maru.training.domain;

import java.time.Instant;

/**
 * A dataset on its way to checkpoints.
 *
 * @param name {@code trainingJobs/{job}}
 * @param request what was asked for
 * @param parameters of the model
 * @param failureReason empty unless FAILED
 * @param revision grows with each change
 * @param sequence grows with each job
 * @param inexact why the bits may differ from those of a run that nothing disturbed; empty where they do not
 */
public record TrainingJob(
        String name,
        TrainingRequest request,
        State state,
        Progress progress,
        long parameters,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence,
        String inexact) {

    /*
     *   PENDING --> RUNNING --> SUCCEEDED | FAILED
     *      ^           |
     *      |        PAUSING --> PAUSED        any but the final ones --> CANCELLING --> CANCELLED
     *      +----------------------+
     */
    /** Where a job stands. */
    public enum State {
        PENDING,
        RUNNING,
        /** The worker is to save a checkpoint and let go. */
        PAUSING,
        PAUSED,
        /** The worker is to let go. */
        CANCELLING,
        SUCCEEDED,
        FAILED,
        CANCELLED;

        /** Whether no other state follows. */
        public boolean isFinal() {
            return this == SUCCEEDED || this == FAILED || this == CANCELLED;
        }
    }

    /** What a caller may want of a job. */
    public enum Wish {
        PAUSE,
        RESUME,
        CANCEL
    }

    /**
     * The state that a wish leads to; the present one where it is granted already. A job that no worker holds needs no
     * worker to stop.
     *
     * @throws io.maru.platform.error.Refusal WRONG_STATE where the wish makes no sense
     */
    public State after(Wish wish, boolean held) {
        return switch (wish) {
            case PAUSE ->
                switch (state) {
                    case PENDING, RUNNING, PAUSING -> held ? State.PAUSING : State.PAUSED;
                    case PAUSED -> State.PAUSED;
                    case CANCELLING, SUCCEEDED, FAILED, CANCELLED -> throw wrongState("PENDING or RUNNING");
                };
            case RESUME ->
                switch (state) {
                    case PAUSED -> State.PENDING;
                    case PENDING, RUNNING -> state;
                    case PAUSING, CANCELLING, SUCCEEDED, FAILED, CANCELLED -> throw wrongState("PAUSED");
                };
            case CANCEL ->
                switch (state) {
                    case PENDING, RUNNING, PAUSING, CANCELLING -> held ? State.CANCELLING : State.CANCELLED;
                    case PAUSED -> State.CANCELLED;
                    case SUCCEEDED, FAILED, CANCELLED -> state;
                };
        };
    }

    private RuntimeException wrongState(String expected) {
        return TrainingReason.WRONG_STATE.because("%s: %s (expected: %s)", name, state, expected);
    }
}
