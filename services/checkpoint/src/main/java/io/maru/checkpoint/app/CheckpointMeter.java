package io.maru.checkpoint.app;

import java.util.function.Supplier;

/** Measures how long the calls take that read or compare files, and counts imports. */
public interface CheckpointMeter {
    <T> T registration(Supplier<T> call);

    <T> T verification(Supplier<T> call);

    <T> T promotion(Supplier<T> call);

    /** @param bytes of weights that were written */
    void imported(long bytes);

    /** @param bytes of a file that was taken in */
    void uploaded(long bytes);
}
