package io.maru.training;

import io.maru.training.app.TrainingMeters;
import io.maru.training.domain.Measurement;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** The meters of the job in hand. */
final class TrainingMetrics implements TrainingMeters {
    private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

    private final Counter steps;
    private final Timer checkpoints;
    private volatile double loss = Double.NaN;
    private volatile double validationLoss = Double.NaN;
    private volatile double tokensPerSecond;

    TrainingMetrics(MeterRegistry registry) {
        steps = Counter.builder("maru_training_steps")
                .description("Optimiser steps taken")
                .register(registry);
        checkpoints = Timer.builder("maru_training_checkpoint_stall")
                .description("Time that training stood still for a checkpoint")
                .register(registry);
        Gauge.builder("maru_training_loss", () -> loss)
                .description("Of the last measured step, in nats per token")
                .register(registry);
        Gauge.builder("maru_training_validation_loss", () -> validationLoss)
                .description("Of the last validation, in nats per token")
                .register(registry);
        Gauge.builder("maru_training_tokens_per_second", () -> tokensPerSecond)
                .description("Without validations and checkpoints")
                .register(registry);
    }

    @Override
    public void stepped() {
        steps.increment();
    }

    @Override
    public void measured(Measurement measurement) {
        loss = measurement.loss();
        tokensPerSecond = measurement.tokensPerSecond();
        measurement.validationLoss().ifPresent(value -> validationLoss = value);
    }

    @Override
    public void checkpointed(double seconds) {
        checkpoints.record(Duration.ofNanos((long) (seconds * NANOS_PER_SECOND)));
    }
}
