package io.maru.training.domain;

import java.time.Instant;
import java.util.List;

/**
 * A dataset on its way to checkpoints.
 *
 * @param name {@code trainingJobs/{job}}
 * @param request what is done
 * @param asked the training as it was asked for, before anything was chosen
 * @param choices what was left to the service
 * @param parameters of the model
 * @param preflight what it takes of the machine
 * @param failureReason empty unless FAILED
 * @param revision grows with each change
 * @param sequence grows with each job
 * @param standing what else it shows
 */
public record TrainingJob(
        String name,
        TrainingRequest request,
        TrainingSpec asked,
        List<Choice> choices,
        State state,
        Progress progress,
        long parameters,
        Preflight preflight,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime,
        long revision,
        long sequence,
        Standing standing) {
    /** One that has nothing to show yet. */
    public TrainingJob(
            String name,
            TrainingRequest request,
            TrainingSpec asked,
            List<Choice> choices,
            State state,
            Progress progress,
            long parameters,
            Preflight preflight,
            String failureReason,
            String failureMessage,
            Instant createTime,
            Instant updateTime,
            long revision,
            long sequence) {
        this(
                name,
                request,
                asked,
                choices,
                state,
                progress,
                parameters,
                preflight,
                failureReason,
                failureMessage,
                createTime,
                updateTime,
                revision,
                sequence,
                Standing.NONE);
    }

    /*
     *   PENDING --> CHECKING --> RUNNING --> SUCCEEDED | FAILED
     *      ^           |            |
     *      |           +---------PAUSING --> PAUSED        any but the final ones --> CANCELLING --> CANCELLED
     *      +-----------------------------------+
     */
    /** Where a job stands. */
    public enum State {
        PENDING,
        /** Two steps are tried in a process of their own, once. */
        CHECKING,
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

    public TrainingJob {
        choices = List.copyOf(choices);
    }

    /** Whether this is the job that a request created. */
    public boolean isOf(TrainingRequest other) {
        return request.with(asked).equals(other);
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
                    case PENDING, CHECKING, RUNNING, PAUSING -> held ? State.PAUSING : State.PAUSED;
                    case PAUSED -> State.PAUSED;
                    case CANCELLING, SUCCEEDED, FAILED, CANCELLED -> throw wrongState("PENDING or RUNNING");
                };
            case RESUME ->
                switch (state) {
                    case PAUSED -> State.PENDING;
                    case PENDING, CHECKING, RUNNING -> state;
                    case PAUSING, CANCELLING, SUCCEEDED, FAILED, CANCELLED -> throw wrongState("PAUSED");
                };
            case CANCEL ->
                switch (state) {
                    case PENDING, CHECKING, RUNNING, PAUSING, CANCELLING -> held ? State.CANCELLING : State.CANCELLED;
                    case PAUSED -> State.CANCELLED;
                    case SUCCEEDED, FAILED, CANCELLED -> state;
                };
        };
    }

    private RuntimeException wrongState(String expected) {
        return TrainingReason.WRONG_STATE.because("%s: %s (expected: %s)", name, state, expected);
    }
}
