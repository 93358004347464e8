package io.maru.training.store;

import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.LeaseLostException;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.training.app.TrainingLoop;
import java.io.IOException;

/** What a worker does with a claim: it trains. */
public final class TrainingWork implements Worker.Work {
    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;
    private final PostgresTrainingJobs jobs;
    private final TrainingLoop loop;

    public TrainingWork(
            Database database, WorkQueue queue, Outbox outbox, PostgresTrainingJobs jobs, TrainingLoop loop) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
        this.jobs = jobs;
        this.loop = loop;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        try {
            loop.run(held(claim));
        } catch (LeaseLostException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Files, sockets and statements that are interrupted each say so in their own way.
            if (Thread.interrupted()) {
                InterruptedException interrupted = new InterruptedException(claim.name() + ": " + e.getMessage());
                interrupted.initCause(e);
                throw interrupted;
            }
            throw e;
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        held(claim).fail(reason, message);
    }

    private LeasedJob held(Claim claim) {
        return new LeasedJob(claim, database, queue, outbox, jobs);
    }
}
