package io.maru.training.work;

import io.maru.platform.work.Claim;
import io.maru.platform.work.LeaseLostException;
import io.maru.platform.work.Worker;
import io.maru.training.app.HeldJob;
import io.maru.training.app.TrainingLoop;
import java.io.IOException;
import java.util.function.Function;

/** Trains the job of a claim. */
public final class TrainingWork implements Worker.Work {
    private final Function<Claim, HeldJob> jobs;
    private final TrainingLoop loop;

    /** @param jobs the job under a claim */
    public TrainingWork(Function<Claim, HeldJob> jobs, TrainingLoop loop) {
        this.jobs = jobs;
        this.loop = loop;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        try {
            loop.run(jobs.apply(claim));
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
        jobs.apply(claim).fail(reason, message);
    }
}
