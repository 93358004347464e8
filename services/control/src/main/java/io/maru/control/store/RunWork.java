package io.maru.control.store;

import io.maru.control.app.RunConductor;
import io.maru.platform.database.Database;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import java.time.Duration;

/**
 * Conducts runs out of the work queue. A claim lasts for one look, and then the run goes back to be claimed at its next:
 * a few threads lead any number of runs, and a run that trains or waits for hours keeps nobody.
 */
public final class RunWork implements Worker.Work {
    public static final String KIND = "run";

    private final Database database;
    private final WorkQueue queue;
    private final RunConductor conductor;

    public RunWork(Database database, WorkQueue queue, RunConductor conductor) {
        this.database = database;
        this.queue = queue;
        this.conductor = conductor;
    }

    @Override
    public void perform(Claim claim) {
        conductor.conduct(claim.name()).ifPresentOrElse(pause -> giveBack(claim, pause), () -> finish(claim));
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        conductor.fail(claim.name(), reason, message);
        finish(claim);
    }

    private void finish(Claim claim) {
        database.run(sql -> queue.finish(sql, claim));
    }

    /** Unlike {@link WorkQueue#release}, forgets earlier attempts: this one went well. */
    private void giveBack(Claim claim, Duration pause) {
        database.run(sql -> sql.update(
                "update work set owner = null, expire_time = null, attempts = 0,"
                        + " not_before = now() + ? * interval '1 millisecond' where name = ? and owner = ?",
                pause.toMillis(),
                claim.name(),
                claim.owner()));
    }

    /** Makes a run due now, if it waits for its next look. */
    public static void hasten(Database database, String run) {
        database.run(
                sql -> sql.update("update work set not_before = now() where name = ? and not_before > now()", run));
    }
}
