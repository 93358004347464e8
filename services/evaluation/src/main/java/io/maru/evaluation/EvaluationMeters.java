package io.maru.evaluation;

import io.maru.evaluation.app.EvaluationMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** The meters of evaluation. */
final class EvaluationMeters implements EvaluationMeter {
    private final Timer score;

    EvaluationMeters(MeterRegistry registry) {
        score = Timer.builder("maru_evaluation_score")
                .description("Waiting for inference to score one batch")
                .register(registry);
    }

    @Override
    public void scored(long nanos) {
        score.record(nanos, TimeUnit.NANOSECONDS);
    }
}
