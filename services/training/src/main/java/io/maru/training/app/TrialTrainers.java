package io.maru.training.app;

import java.io.IOException;
import java.time.Duration;

/** Where trainers for a trial come from. */
@FunctionalInterface
public interface TrialTrainers {
    /** @param limit of each of its answers */
    TrialTrainer start(Duration limit) throws IOException;
}
