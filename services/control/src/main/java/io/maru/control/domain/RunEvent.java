package io.maru.control.domain;

import java.time.Instant;
import java.util.Optional;

/**
 * What happened in a run.
 *
 * @param sequence starts at 1 and grows by one
 * @param state of the run
 * @param step which it is about; nothing where it is about the run as a whole
 * @param message a sentence, or empty
 */
public record RunEvent(long sequence, Instant time, RunState state, Optional<OfStep> step, String message) {

    /** A step at the time of an event. */
    public record OfStep(String name, StepState state, int attempt, Progress progress) {}
}
