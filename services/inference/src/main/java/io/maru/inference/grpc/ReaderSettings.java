package io.maru.inference.grpc;

import java.time.Duration;

/** @param timeout after which a caller that reads nothing loses its generation */
public record ReaderSettings(Duration timeout) {}
