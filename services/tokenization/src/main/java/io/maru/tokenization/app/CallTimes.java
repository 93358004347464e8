package io.maru.tokenization.app;

import java.time.Duration;

/**
 * The times of calls that last.
 *
 * @param watchInterval between two looks of a Watch call
 * @param maxSilence of a sender, before its import is given up
 */
public record CallTimes(Duration watchInterval, Duration maxSilence) {}
