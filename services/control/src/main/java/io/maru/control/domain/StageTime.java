package io.maru.control.domain;

import java.time.Instant;
import java.util.Optional;

/** When a stage began and, once it has, ended. */
public record StageTime(Instant start, Optional<Instant> end) {}
