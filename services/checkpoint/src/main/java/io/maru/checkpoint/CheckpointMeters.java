package io.maru.checkpoint;

import io.maru.checkpoint.app.CheckpointMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.function.Supplier;

/** The meters of checkpoint. */
final class CheckpointMeters implements CheckpointMeter {
    private final Timer registration;
    private final Timer verification;
    private final Timer promotion;
    private final Counter importedBytes;
    private final Counter uploadedBytes;

    CheckpointMeters(MeterRegistry registry) {
        registration = registry.timer("maru_checkpoint_registration");
        verification = registry.timer("maru_checkpoint_verification");
        promotion = registry.timer("maru_checkpoint_promotion");
        importedBytes = registry.counter("maru_checkpoint_imported_bytes");
        uploadedBytes = registry.counter("maru_checkpoint_uploaded_bytes");
    }

    @Override
    public <T> T registration(Supplier<T> call) {
        return registration.record(call);
    }

    @Override
    public <T> T verification(Supplier<T> call) {
        return verification.record(call);
    }

    @Override
    public <T> T promotion(Supplier<T> call) {
        return promotion.record(call);
    }

    @Override
    public void imported(long bytes) {
        importedBytes.increment(bytes);
    }

    @Override
    public void uploaded(long bytes) {
        uploadedBytes.increment(bytes);
    }
}
