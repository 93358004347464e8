package io.maru.checkpoint.work;

import io.maru.checkpoint.app.CheckpointRemoval;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import java.util.function.Function;

/** Removes the files of deleted checkpoints from the object store, one checkpoint for each claim. */
public final class RemovalWork implements Worker.Work {
    private static final System.Logger log = System.getLogger(RemovalWork.class.getName());

    private final Checkpoints checkpoints;
    private final Function<Claim, CheckpointRemoval> removals;

    public RemovalWork(Checkpoints checkpoints, Function<Claim, CheckpointRemoval> removals) {
        this.checkpoints = checkpoints;
        this.removals = removals;
    }

    @Override
    public void perform(Claim claim) {
        removals.apply(claim).remove(checkpoints::removeFiles);
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        log.log(System.Logger.Level.ERROR, "{0}: its files stay: {1}: {2}", claim.name(), reason, message);
        removals.apply(claim).giveUp();
    }
}
