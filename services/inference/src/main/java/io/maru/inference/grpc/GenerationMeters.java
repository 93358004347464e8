package io.maru.inference.grpc;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;

/** What callers are given, counted. */
public final class GenerationMeters {
    private final Timer timeToFirstToken;
    private final Counter generatedTokens;
    private final Counter scoredTokens;

    public GenerationMeters(MeterRegistry registry) {
        timeToFirstToken = Timer.builder("maru_inference_time_to_first_token")
                .description("From the request to its first token: waiting for a slot, loading and reading the prompt")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        generatedTokens = registry.counter("maru_inference_generated_tokens");
        scoredTokens = registry.counter("maru_inference_scored_tokens");
    }

    Clock start() {
        return new Clock();
    }

    void scored(List<double[]> scores) {
        scoredTokens.increment(
                scores.stream().mapToInt(sequence -> sequence.length).sum());
    }

    /** Of one generation. */
    final class Clock {
        private final long start = System.nanoTime();
        private boolean hasToken;

        void token() {
            if (!hasToken) {
                hasToken = true;
                timeToFirstToken.record(Duration.ofNanos(System.nanoTime() - start));
            }
            generatedTokens.increment();
        }
    }
}
