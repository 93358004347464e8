package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.training.MemoryPlan;
import io.maru.model.training.TrainingOptions;

/**
 * What shares a batch, each its rows of every part.
 *
 * @param devices of each worker
 * @param workers processes
 */
public record Parallelism(int devices, int workers) {
    /** One device of one process. */
    public static final Parallelism ONE = new Parallelism(1, 1);

    static final int MAX_DEVICES = 64;
    static final int MAX_WORKERS = 1024;

    /** @throws io.maru.platform.error.Refusal INVALID_ARGUMENT */
    public Parallelism {
        TrainingPlan.require("training.devices", devices, 1, MAX_DEVICES);
        TrainingPlan.require("training.workers", workers, 1, MAX_WORKERS);
    }

    /** How many shares a part has. */
    int size() {
        return Math.multiplyExact(devices, workers);
    }

    /** What one worker takes. */
    MemoryPlan memory(DecoderConfig config, int batch, TrainingOptions options) {
        return MemoryPlan.of(config, batch, options, devices, size());
    }

    @Override
    public String toString() {
        return "workers: %d, devices: %d".formatted(workers, devices);
    }
}
