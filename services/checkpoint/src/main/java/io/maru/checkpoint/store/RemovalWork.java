package io.maru.checkpoint.store;

import io.maru.checkpoint.app.Checkpoints;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;

/** What a worker does with a claim: it removes a deleted checkpoint's files. */
public final class RemovalWork implements Worker.Work {
    private static final System.Logger log = System.getLogger(RemovalWork.class.getName());

    private final PostgresCheckpoints catalog;
    private final Checkpoints checkpoints;

    public RemovalWork(PostgresCheckpoints catalog, Checkpoints checkpoints) {
        this.catalog = catalog;
        this.checkpoints = checkpoints;
    }

    @Override
    public void perform(Claim claim) {
        catalog.remove(claim, checkpoints::removeFiles);
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        log.log(System.Logger.Level.ERROR, "{0}: its files stay: {1}: {2}", claim.name(), reason, message);
        catalog.giveUp(claim);
    }
}
