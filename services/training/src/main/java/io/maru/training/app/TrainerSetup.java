package io.maru.training.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.BatchForm;
import io.maru.model.device.DeviceOptions;
import io.maru.model.training.AdamW;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import java.nio.charset.StandardCharsets;

/**
 * What a trainer is made of, as text that other processes read.
 *
 * @param config the model's {@code config.json}
 * @param batch rows of a step, B
 * @param planes what a batch has beside ids and targets
 */
public record TrainerSetup(
        String config, AdamW adamW, int batch, BatchForm.Planes planes, TrainingOptions options, DeviceOptions device) {
    private static final JsonMapper JSON = new JsonMapper();

    /** Makes a setup for plain batches. */
    public static TrainerSetup of(
            DecoderConfig config, AdamW adamW, int batch, TrainingOptions options, DeviceOptions device) {
        return new TrainerSetup(
                new String(config.toJson(), StandardCharsets.UTF_8),
                adamW,
                batch,
                BatchForm.Planes.NONE,
                options,
                device);
    }

    public TrainerSetup with(BatchForm.Planes other) {
        return new TrainerSetup(config, adamW, batch, other, options, device);
    }

    public DecoderConfig decoder() {
        return DecoderConfig.fromJson(config.getBytes(StandardCharsets.UTF_8));
    }

    /** Tells libs/model what the trainer learns. */
    public TrainingTask task() {
        return TrainingTask.of(decoder(), adamW, batch).with(planes);
    }

    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException unless it is what {@link #toJson} writes */
    public static TrainerSetup fromJson(String json) {
        try {
            return JSON.readValue(json, TrainerSetup.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("setup: " + e.getOriginalMessage() + " (expected: a trainer's)", e);
        }
    }
}
