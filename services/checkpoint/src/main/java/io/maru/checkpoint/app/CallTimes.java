package io.maru.checkpoint.app;

import java.time.Duration;

/** @param maxSilence of an upload's sender, and of an export's reader */
public record CallTimes(Duration maxSilence) {}
