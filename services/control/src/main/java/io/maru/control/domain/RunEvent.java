package io.maru.control.domain;

import java.time.Instant;

/**
 * What happened in a run.
 *
 * @param sequence starts at 1 and grows by one
 * @param message a sentence, or empty
 */
public record RunEvent(long sequence, Instant time, RunState state, Stage stage, Progress progress, String message) {}
