package io.maru.training.app;

import io.maru.training.domain.Measurement;

/** Takes the figures that an operator watches. */
public interface JobMeters {
    void stepped();

    void measured(Measurement measurement);

    /** @param seconds that training stood still for a checkpoint */
    void checkpointed(double seconds);
}
