package io.maru.evaluation.grpc;

import java.time.Duration;

/** @param interval between two looks at a watched evaluation */
public record WatchSettings(Duration interval) {}
