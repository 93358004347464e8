package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.training.AdamW;
import io.maru.model.training.MemoryPlan;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import java.util.Locale;

/**
 * What shares a batch, each its rows of every part.
 *
 * @param devices of each worker
 * @param workers processes
 */
public record Parallelism(int devices, int workers) {
    /** How many shares a part has. */
    int size() {
        return Math.multiplyExact(devices, workers);
    }

    /** What one worker takes. */
    MemoryPlan memory(DecoderConfig config, int batch, TrainingOptions options) {
        return MemoryPlan.of(TrainingTask.of(config, AdamW.usual(), batch), options, devices, size());
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "workers: %d, devices: %d", workers, devices);
    }
}
