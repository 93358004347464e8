package io.maru.training.domain;

/**
 * What a job does when training goes wrong, when it goes no further, and with its checkpoints.
 *
 * @param onDivergence where there is no number, or a spike
 * @param spikeFactor a loss of more than so many times the mean of the recent ones is a spike; 0 for none
 * @param earlyStop validations in a row without a new best that end the job; 0 for never
 * @param keepCheckpoints newest ones to keep beside the best; 0 for all
 */
public record TrainingPolicy(OnDivergence onDivergence, double spikeFactor, int earlyStop, int keepCheckpoints) {
    /** Pauses where there is no number; knows no spikes, does not end early, and keeps every checkpoint. */
    public static final TrainingPolicy USUAL = new TrainingPolicy(OnDivergence.PAUSE, 0, 0, 0);

    /** What to do with a batch whose step was not taken. */
    public enum OnDivergence {
        /** Wait for somebody to look, and then try it again. */
        PAUSE,
        /** Leave it out. */
        SKIP,
        FAIL
    }

    /** Whether a validation that is the best so far is worth a checkpoint of its own. */
    public boolean savesTheBest() {
        return earlyStop > 0 || keepCheckpoints > 0;
    }
}
