package io.maru.checkpoint;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.function.Supplier;

/** Measures how long the calls take that read or compare files. */
public final class CheckpointMeters {
    private final Timer registration;
    private final Timer verification;
    private final Timer promotion;

    CheckpointMeters(MeterRegistry registry) {
        registration = registry.timer("maru_checkpoint_registration");
        verification = registry.timer("maru_checkpoint_verification");
        promotion = registry.timer("maru_checkpoint_promotion");
    }

    public <T> T registration(Supplier<T> call) {
        return registration.record(call);
    }

    public <T> T verification(Supplier<T> call) {
        return verification.record(call);
    }

    public <T> T promotion(Supplier<T> call) {
        return promotion.record(call);
    }
}
