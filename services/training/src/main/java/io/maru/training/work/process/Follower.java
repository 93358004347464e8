package io.maru.training.work.process;

import io.maru.model.cluster.Cluster;
import io.maru.platform.error.Faults;
import io.maru.training.app.Rendezvous;
import io.maru.training.app.Seat;
import io.maru.training.app.TrainerSetup;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Takes a seat that is not the first, and has a trainer process follow the one that leads. */
public final class Follower {
    private final Rendezvous rendezvous;

    public Follower(Rendezvous rendezvous) {
        this.rendezvous = rendezvous;
    }

    /**
     * Until the leader ends, or another attempt is made.
     *
     * @throws io.maru.training.app.TrainerLostException where another process of the attempt is lost
     */
    public void follow(Seat seat) throws IOException, InterruptedException {
        TrainerSetup setup = TrainerSetup.fromJson(seat.setup());
        Cluster cluster = rendezvous.await(seat);
        try (TrainerProcess trainer = TrainerProcess.start(rendezvous.limit(), "rank", Integer.toString(seat.rank()))) {
            trainer.follow(setup, cluster, unlessDown(seat::isWanted));
        }
    }

    /** While the database is down the leader goes on, and so does who follows. */
    private static BooleanSupplier unlessDown(BooleanSupplier wanted) {
        return () -> {
            try {
                return wanted.getAsBoolean();
            } catch (RuntimeException e) {
                if (!Faults.isTransient(e)) {
                    throw e;
                }
                return true;
            }
        };
    }
}
