package io.maru.checkpoint.store;

import io.maru.checkpoint.app.CheckpointRemoval;
import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.platform.database.Database;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import java.util.function.Consumer;

/** {@link CheckpointRemoval} under a lease of the work queue. */
public final class PostgresRemoval implements CheckpointRemoval {
    private final Database database;
    private final WorkQueue queue;
    private final Claim claim;

    public PostgresRemoval(Database database, WorkQueue queue, Claim claim) {
        this.database = database;
        this.queue = queue;
        this.claim = claim;
    }

    @Override
    public void remove(Consumer<CheckpointName> files) {
        database.run(sql -> {
            queue.finish(sql, claim);
            PostgresCheckpoints.findForUpdate(sql, claim.name())
                    .filter(Checkpoint::isDeleted)
                    .ifPresent(checkpoint -> files.accept(checkpoint.name()));
        });
    }

    @Override
    public void giveUp() {
        database.run(sql -> queue.finish(sql, claim));
    }
}
