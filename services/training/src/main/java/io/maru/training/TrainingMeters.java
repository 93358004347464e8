package io.maru.training;

import io.maru.training.app.JobMeters;
import io.maru.training.domain.Measurement;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** Publishes the figures of the job in hand. */
final class TrainingMeters implements JobMeters {
    private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

    private final Counter steps;
    private final Timer checkpoints;
    private volatile double loss = Double.NaN;
    private volatile double validationLoss = Double.NaN;
    private volatile double tokensPerSecond;
    private volatile Measurement.Cost cost = new Measurement.Cost(0, 0, 0, 0, 0);

    TrainingMeters(MeterRegistry registry) {
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
        Gauge.builder("maru_training_flops_per_second", () -> cost.flopsPerSecond())
                .description("The model's own operations, without what is worked out twice to save memory")
                .register(registry);
        Gauge.builder("maru_training_mfu", () -> cost.mfu())
                .description("These operations as a share of the device's measured peak")
                .register(registry);
        Gauge.builder("maru_training_step", () -> cost.stepSeconds())
                .baseUnit("seconds")
                .description("One step, on average since the measurement before")
                .register(registry);
        Gauge.builder("maru_training_data_wait", () -> cost.dataWaitSeconds())
                .baseUnit("seconds")
                .description("The part of such a step in which its batch was read")
                .register(registry);
        Gauge.builder("maru_training_memory_bytes", () -> cost.memoryBytes())
                .description("Resident, of the process that trains")
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
        cost = measurement.cost();
        measurement.validationLoss().ifPresent(value -> validationLoss = value);
    }

    @Override
    public void checkpointed(double seconds) {
        checkpoints.record(Duration.ofNanos((long) (seconds * NANOS_PER_SECOND)));
    }
}
