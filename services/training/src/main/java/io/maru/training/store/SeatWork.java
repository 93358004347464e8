package io.maru.training.store;

import io.maru.platform.database.Database;
import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.training.app.Seat;
import io.maru.training.app.TrainerLostException;
import io.maru.training.domain.TrainingReason;
import java.io.IOException;
import java.util.Optional;

/** What a worker does with a seat: it follows. A seat is taken once; an attempt that fails is followed by one with new seats. */
public final class SeatWork implements Worker.Work {
    /** What the work queue calls this work. */
    public static final String KIND = "training-seat";

    private static final System.Logger log = System.getLogger(SeatWork.class.getName());

    private final Database database;
    private final WorkQueue queue;
    private final Following following;

    /** What is done in a seat. */
    @FunctionalInterface
    public interface Following {
        void follow(Seat seat) throws IOException, InterruptedException;
    }

    public SeatWork(Database database, WorkQueue queue, Following following) {
        this.database = database;
        this.queue = queue;
        this.following = following;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        Optional<PostgresSeat> seat = database.inTransaction(sql -> PostgresSeat.find(sql, database, claim.name()));
        if (seat.isPresent()) {
            try {
                following.follow(seat.get());
            } catch (TrainerLostException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException(claim.name() + ": " + e.getMessage());
                }
                log.log(System.Logger.Level.WARNING, "{0} is left: {1}", claim.name(), e.getMessage());
            } catch (Refusal e) {
                if (e.reason() != TrainingReason.WORKERS_MISSING) {
                    throw e;
                }
                log.log(System.Logger.Level.INFO, "{0} is left: {1}", claim.name(), e.getMessage());
            }
        }
        end(claim);
    }

    /** The leader sees that nobody is there. */
    @Override
    public void fail(Claim claim, String reason, String message) {
        end(claim);
    }

    private void end(Claim claim) {
        // The row of the table stays: it is the leader's, who counts on as many as there are.
        database.run(sql -> queue.finish(sql, claim));
    }
}
