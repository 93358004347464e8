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

    /** Where all of them listen, in the order of their ranks; empty until the last has told. */
    Optional<List<String>> addresses();

    /** Whether the attempt is still the job's. */
    boolean isWanted();
}
