package io.maru.training.app;

import java.util.List;
import java.util.Optional;

/** One of the places of an attempt at a job that several processes work at. Rank 0 leads. */
public interface Seat {
    int rank();

    /** What all their trainers are made of, as {@link TrainerSetup#toJson} writes it. */
    String setup();

    /** Tells the others where this process listens, as {@code host:port}. */
    void announce(String address);

    /** Tells where all of them listen, by rank; empty until the last has told. */
    Optional<List<String>> addresses();

    /** Tells whether the attempt is still the job's. */
    boolean isWanted();
}
