package io.maru.control.work;

import io.maru.control.app.RunConductor;
import io.maru.control.app.RunStore;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import java.time.Duration;
import java.util.Optional;

/**
 * Conducts runs out of the work queue. A claim lasts for one look, and then the run goes back to be claimed at its next:
 * a few threads lead any number of runs, and a run that trains or waits for hours keeps nobody.
 */
public final class RunWork implements Worker.Work {
    private final RunStore runs;
    private final WorkQueue queue;
    private final RunConductor conductor;

    public RunWork(RunStore runs, WorkQueue queue, RunConductor conductor) {
        this.runs = runs;
        this.queue = queue;
        this.conductor = conductor;
    }

    @Override
    public void perform(Claim claim) {
        Optional<Duration> pause = conductor.conduct(claim.name());
        if (pause.isPresent() || !runs.finish(claim)) {
            queue.postpone(claim, pause.orElse(Duration.ZERO));
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        conductor.fail(claim.name(), reason, message);
        if (!runs.finish(claim)) {
            queue.postpone(claim, Duration.ZERO);
        }
    }
}
