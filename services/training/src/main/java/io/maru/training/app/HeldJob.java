package io.maru.training.app;

import io.maru.training.domain.Measurement;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import java.util.List;
import java.util.Optional;

/**
 * A job that this worker holds the lease on. Each method is one transaction that proves the lease first, so a worker that
 * lost it can write nothing.
 */
public interface HeldJob {
    /** Makes a PENDING job RUNNING, and tells how it stands. */
    TrainingJob begin();

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
     * Writes the outcome and gives the lease back.
     *
     * @param end SUCCEEDED, PAUSED or CANCELLED
     */
    void end(TrainingJob.State end, Progress progress, List<Measurement> measured);
}
