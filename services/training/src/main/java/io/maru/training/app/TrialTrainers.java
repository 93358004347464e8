package io.maru.training.app;

import java.io.IOException;
import java.time.Duration;

/** Starts trainers for trials. */
@FunctionalInterface
public interface TrialTrainers {
    /** @param limit of each of its answers */
    TrialTrainer start(Duration limit) throws IOException;
}
