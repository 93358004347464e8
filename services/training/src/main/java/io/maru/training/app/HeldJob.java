package io.maru.training.app;

import io.maru.training.domain.Divergence;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import java.util.List;
import java.util.Optional;

/**
 * A job that this worker holds the lease on. Each method is one transaction that proves the lease first, so a worker that
 * lost it can write nothing.
 */
public interface HeldJob {
    /** Makes a PENDING job CHECKING, and tells how it stands. */
    TrainingJob begin();

    /** Looks up the state, which a caller may have changed. */
    TrainingJob.State state();

    /** Makes a CHECKING job RUNNING, keeps what it takes of the machine, and tells how it stands. */
    TrainingJob checked(Preflight preflight);

    /** Drops what an earlier attempt measured after the step that this one goes on from. */
    void resumeFrom(Progress progress);

    /**
     * Writes progress.
     *
     * @param news to tell on Kafka
     * @return the state, which a caller may have changed
     */
    TrainingJob.State report(Progress progress, List<Measurement> measured, Optional<Measurement> news);

    /** Tells why the run's bits may differ from those of one that nothing disturbed. */
    void label(String inexact);

    /**
     * Opens the seats of this attempt, in place of those of any before.
     *
     * @param workers how many, this one included
     * @param setup what all their trainers are made of
     * @return the first one, which is this worker's
     */
    Seat openSeats(int workers, String setup);

    /** Does nothing but prove the lease. */
    void requireHeld();

    /**
     * Writes what a checkpoint that was registered changes.
     *
     * @param bestCheckpoint empty where none was measured
     * @param skippedBatches up to the checkpoint
     */
    void checkpointed(String bestCheckpoint, double bestValidationLoss, long skippedBatches);

    /** Tells of a step that was not taken. */
    void diverged(Divergence divergence);

    /**
     * Writes the outcome and gives the lease back.
     *
     * @param end SUCCEEDED, PAUSED or CANCELLED
     * @param pauseReason why it is PAUSED; empty where somebody asked for it
     */
    void end(TrainingJob.State end, Progress progress, List<Measurement> measured, String pauseReason);

    /** Writes that the job FAILED, and gives the lease back. */
    void fail(String reason, String message);
}
