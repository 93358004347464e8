package io.maru.checkpoint.app;

import java.util.function.Supplier;

/** Measures how long the calls take that read or compare files. */
public interface CheckpointMeter {
    <T> T registration(Supplier<T> call);

    <T> T verification(Supplier<T> call);

    <T> T promotion(Supplier<T> call);
}
