package io.maru.training.domain;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A dataset on its way to checkpoints.
 *
 * @param name {@code trainingJobs/{job}}
 * @param request what is done
 * @param asked the spec as it was asked for, before anything was chosen
 * @param init the first weights, where they come from somewhere
 * @param choices what was left to the service
 * @param parameters of the model
 * @param preflight what it takes of the machine
 * @param failureReason empty unless FAILED
 * @param revision grows with each change
 * @param sequence grows with each job
 * @param details what else it shows
 */
public record TrainingJob(
        String name,
        TrainingRequest request,
        TrainingSpec asked,
        Optional<InitialWeights> init,
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
        JobDetails details) {
    /** One that has nothing to show yet. */
    public TrainingJob(
            String name,
            TrainingRequest request,
            TrainingSpec asked,
            Optional<InitialWeights> init,
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
                init,
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
                JobDetails.NONE);
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

        /** The state once a worker holds the job. */
        public State begun() {
            return this == PENDING ? CHECKING : this;
        }

        /** The state once it is known what the job takes of the machine. */
        public State checked() {
            return this == CHECKING ? RUNNING : this;
        }

        /** The state that a worker which holds the job brings it to without another step; empty where it trains. */
        public Optional<State> stopped() {
            return switch (this) {
                case PAUSING -> Optional.of(PAUSED);
                case CANCELLING -> Optional.of(CANCELLED);
                case PENDING, CHECKING, RUNNING, PAUSED, SUCCEEDED, FAILED, CANCELLED -> Optional.empty();
            };
        }
    }

    /** What a caller may ask of a job. */
    public enum Command {
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
     * The state that a command leads to; the present one where it is granted already. A job that no worker holds needs no
     * worker to stop.
     *
     * @throws io.maru.platform.error.Refusal WRONG_STATE where the command makes no sense
     */
    public State after(Command command, boolean held) {
        return switch (command) {
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

    /** Whether its result is the best checkpoint, and not the last: of a job that may end early, since it went on beyond. */
    public boolean endsWithTheBest() {
        return request.spec().earlyStop() > 0 && !details.bestCheckpoint().isEmpty();
    }

    private RuntimeException wrongState(String expected) {
        return TrainingReason.WRONG_STATE.because("%s: %s (expected: %s)", name, state, expected);
    }
}
