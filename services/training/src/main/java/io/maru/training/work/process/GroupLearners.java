package io.maru.training.work.process;

import io.maru.model.cluster.Cluster;
import io.maru.model.training.Learner;
import io.maru.training.app.FirstWeights;
import io.maru.training.app.HeldJob;
import io.maru.training.app.Learners;
import io.maru.training.app.Rendezvous;
import io.maru.training.app.Seat;
import io.maru.training.app.TrainerSetup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.BiConsumer;

/** Leads a job of several workers, in as many trainer processes, of which this replica has the first. */
public final class GroupLearners implements Learners {
    private final Learners alone;
    private final Rendezvous rendezvous;

    /** @param alone for jobs of one worker */
    public GroupLearners(Learners alone, Rendezvous rendezvous) {
        this.alone = alone;
        this.rendezvous = rendezvous;
    }

    @Override
    public Learner begin(HeldJob held, int workers, TrainerSetup setup, FirstWeights first)
            throws IOException, InterruptedException {
        return workers == 1
                ? alone.begin(held, workers, setup, first)
                : led(held, workers, setup, (trainer, cluster) -> trainer.begin(setup, first, cluster));
    }

    @Override
    public Learner resume(HeldJob held, int workers, TrainerSetup setup, Path folder)
            throws IOException, InterruptedException {
        return workers == 1
                ? alone.resume(held, workers, setup, folder)
                : led(held, workers, setup, (trainer, cluster) -> trainer.resume(setup, folder, cluster));
    }

    private Learner led(HeldJob held, int workers, TrainerSetup setup, BiConsumer<TrainerProcess, Cluster> start)
            throws IOException, InterruptedException {
        Seat seat = held.openSeats(workers, setup.toJson());
        Cluster cluster = rendezvous.await(seat);
        // What the process itself sees, it sees first; this is for one that sees nothing any more.
        TrainerProcess trainer = TrainerProcess.start(rendezvous.limit().multipliedBy(2), "rank", "0");
        try {
            start.accept(trainer, cluster);
            return trainer;
        } catch (RuntimeException e) {
            trainer.close();
            throw e;
        }
    }
}
