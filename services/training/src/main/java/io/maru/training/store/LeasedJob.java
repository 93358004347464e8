package io.maru.training.store;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.training.app.HeldJob;
import io.maru.training.app.Seat;
import io.maru.training.domain.Divergence;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Holds a job under a claim of the work queue: each method proves the claim in its transaction. */
public final class LeasedJob implements HeldJob {
    private final Claim claim;
    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;
    private final PostgresTrainingJobs jobs;

    public LeasedJob(Claim claim, Database database, WorkQueue queue, Outbox outbox, PostgresTrainingJobs jobs) {
        this.claim = claim;
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
        this.jobs = jobs;
    }

    @Override
    public TrainingJob begin() {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            TrainingJob job = lock(sql);
            TrainingJob.State begun = job.state().begun();
            return begun == job.state() ? job : jobs.setState(sql, claim.name(), begun);
        });
    }

    @Override
    public TrainingJob.State state() {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            return lock(sql).state();
        });
    }

    @Override
    public TrainingJob checked(Preflight preflight) {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            TrainingJob job = lock(sql);
            jobs.setPreflight(sql, claim.name(), preflight);
            return jobs.setState(sql, claim.name(), job.state().checked());
        });
    }

    @Override
    public void resumeFrom(Progress progress) {
        database.run(sql -> {
            queue.hold(sql, claim);
            lock(sql);
            sql.update("delete from training_measurement where job = ? and step > ?", claim.name(), progress.step());
            jobs.setProgress(sql, claim.name(), progress);
        });
    }

    @Override
    public TrainingJob.State report(Progress progress, List<Measurement> measured, Optional<Measurement> news) {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            if (!lock(sql).progress().lastCheckpoint().equals(progress.lastCheckpoint())) {
                queue.advanced(sql, claim);
            }
            PostgresTrainingJobs.addMeasurements(sql, claim.name(), measured);
            TrainingJob job = jobs.setProgress(sql, claim.name(), progress);
            if (news.isPresent()) {
                outbox.append(sql, TrainingFacts.progressed(job, news.get()));
            }
            return job.state();
        });
    }

    @Override
    public void label(String inexact) {
        database.run(sql -> {
            queue.hold(sql, claim);
            lock(sql);
            sql.update("update training_job set inexact = ? where name = ?", inexact, claim.name());
        });
    }

    @Override
    public Seat openSeats(int workers, String setup) {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            return PostgresSeat.open(sql, database, queue, claim.name(), claim.owner(), workers, setup);
        });
    }

    @Override
    public void requireHeld() {
        database.run(sql -> queue.hold(sql, claim));
    }

    @Override
    public void checkpointed(String bestCheckpoint, double bestValidationLoss, long skippedBatches) {
        database.run(sql -> {
            queue.hold(sql, claim);
            lock(sql);
            sql.update("""
                    update training_job
                    set best_checkpoint = ?, best_validation_loss = ?, skipped_batches = ?,
                        revision = revision + 1, update_time = now()
                    where name = ?
                    """, bestCheckpoint, bestValidationLoss, skippedBatches, claim.name());
        });
    }

    @Override
    public void diverged(Divergence divergence) {
        database.run(sql -> {
            queue.hold(sql, claim);
            outbox.append(sql, TrainingFacts.diverged(lock(sql), divergence));
        });
    }

    @Override
    public void end(TrainingJob.State end, Progress progress, List<Measurement> measured, String pauseReason) {
        database.run(sql -> {
            queue.finish(sql, claim);
            lock(sql);
            PostgresTrainingJobs.addMeasurements(sql, claim.name(), measured);
            jobs.setProgress(sql, claim.name(), progress);
            sql.update("update training_job set pause_reason = ? where name = ?", pauseReason, claim.name());
            jobs.setState(sql, claim.name(), end);
        });
    }

    @Override
    public void fail(String reason, String message) {
        database.run(sql -> {
            queue.finish(sql, claim);
            lock(sql);
            sql.update(
                    "update training_job set failure_reason = ?, failure_message = ? where name = ?",
                    reason,
                    message,
                    claim.name());
            jobs.setState(sql, claim.name(), TrainingJob.State.FAILED);
        });
    }

    private TrainingJob lock(Sql sql) throws SQLException {
        return PostgresTrainingJobs.find(sql, claim.name(), true)
                .orElseThrow(() -> new IllegalStateException(claim.name() + ": work without a job"));
    }
}
