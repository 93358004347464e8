package io.maru.inference;

import io.maru.inference.app.DecodingSlots;
import io.maru.inference.app.GenerationMeter;
import io.maru.inference.app.Models;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;

/** The meters of inference: what callers are given, and what is in hand. */
final class InferenceMeters implements GenerationMeter {
    private final Timer timeToFirstToken;
    private final Counter generatedTokens;
    private final Counter scoredTokens;

    InferenceMeters(MeterRegistry registry, Models models, DecodingSlots slots) {
        timeToFirstToken = Timer.builder("maru_inference_time_to_first_token")
                .description("From the request to its first token: waiting for a slot, loading and reading the prompt")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        generatedTokens = registry.counter("maru_inference_generated_tokens");
        scoredTokens = registry.counter("maru_inference_scored_tokens");
        Gauge.builder("maru_inference_running", slots, DecodingSlots::running)
                .description("Generations and scorings that run")
                .register(registry);
        Gauge.builder("maru_inference_models_loaded", models, Models::count).register(registry);
    }

    @Override
    public Clock start() {
        return new GenerationClock();
    }

    @Override
    public void scored(List<double[]> scores) {
        scoredTokens.increment(
                scores.stream().mapToInt(sequence -> sequence.length).sum());
    }

    private final class GenerationClock implements Clock {
        private final long start = System.nanoTime();
        private boolean hasToken;

        @Override
        public void token() {
            if (!hasToken) {
                hasToken = true;
                timeToFirstToken.record(Duration.ofNanos(System.nanoTime() - start));
            }
            generatedTokens.increment();
        }
    }
}
