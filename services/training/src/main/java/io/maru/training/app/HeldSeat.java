package io.maru.training.app;

import java.util.Optional;

/** Stands for a seat that this worker holds the lease on. */
public interface HeldSeat {
    /** Finds the seat; empty where the attempt is over. */
    Optional<Seat> seat();

    /** Gives the lease back. The leader counts on as many seats as there are, so the seat itself stays. */
    void leave();
}
