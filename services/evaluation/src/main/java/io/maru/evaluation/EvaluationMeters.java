package io.maru.evaluation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** Measures how long evaluation waits for inference. */
public final class EvaluationMeters {
    private final Timer score;

    public EvaluationMeters(MeterRegistry registry) {
        score = Timer.builder("maru_evaluation_score")
                .description("Waiting for inference to score one batch")
                .register(registry);
    }

    /** Counts one batch that inference has scored. */
    public void scored(long nanos) {
        score.record(nanos, TimeUnit.NANOSECONDS);
    }
}
