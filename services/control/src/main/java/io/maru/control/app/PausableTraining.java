package io.maru.control.app;

/** The training jobs that can be paused. What is asked for a second time changes nothing. */
public interface PausableTraining {
    /**
     * @param job {@code trainingJobs/{job}}
     * @throws io.maru.platform.error.Refusal WRONG_STATE, TRAINING_UNAVAILABLE
     */
    void pause(String job);

    /** As {@link #pause}. */
    void resume(String job);
}
