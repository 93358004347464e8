package io.maru.inference.app;

import java.util.List;

/** Measures what callers are given. */
public interface GenerationMeter {
    /** Starts the clock of one generation. */
    Clock start();

    void scored(List<double[]> scores);

    /** Counts the tokens of one generation, and measures the time to its first. */
    interface Clock {
        void token();
    }
}
