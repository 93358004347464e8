package io.maru.training.store;

import io.maru.platform.database.Database;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.training.app.HeldSeat;
import io.maru.training.app.Seat;
import java.util.Optional;

/** Holds a seat under a claim of the work queue. */
public final class LeasedSeat implements HeldSeat {
    private final Claim claim;
    private final Database database;
    private final WorkQueue queue;

    public LeasedSeat(Claim claim, Database database, WorkQueue queue) {
        this.claim = claim;
        this.database = database;
        this.queue = queue;
    }

    @Override
    public Optional<Seat> seat() {
        return database.inTransaction(sql -> PostgresSeat.find(sql, database, claim.name()))
                .map(seat -> seat);
    }

    @Override
    public void leave() {
        database.run(sql -> queue.finish(sql, claim));
    }
}
