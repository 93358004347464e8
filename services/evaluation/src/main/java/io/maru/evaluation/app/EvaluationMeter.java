package io.maru.evaluation.app;

/** Measures how long evaluation waits for inference. */
public interface EvaluationMeter {
    /** Counts one batch that inference has scored. */
    void scored(long nanos);
}
