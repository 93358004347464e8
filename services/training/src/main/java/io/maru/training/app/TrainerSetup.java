package io.maru.training.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.BatchForm;
import io.maru.model.device.DeviceOptions;
import io.maru.model.objective.NextToken;
import io.maru.model.training.AdamW;
import io.maru.model.training.Trainable;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import java.nio.charset.StandardCharsets;

/**
 * What a trainer is made of, as text that other processes read.
 *
 * @param config the model's {@code config.json}
 * @param batch how the batches look
 * @param objective what the loss is
 * @param trainable which weights learn
 */
public record TrainerSetup(
        String config,
        BatchForm batch,
        NextToken objective,
        Trainable trainable,
        AdamW adamW,
        TrainingOptions options,
        DeviceOptions device) {
    private static final JsonMapper JSON = new JsonMapper();

    public static TrainerSetup of(TrainingTask task, TrainingOptions options, DeviceOptions device) {
        return new TrainerSetup(
                new String(task.model().toJson(), StandardCharsets.UTF_8),
                task.batch(),
                (NextToken) task.objective(),
                task.trainable(),
                task.adamW(),
                options,
                device);
    }

    public DecoderConfig decoder() {
        return DecoderConfig.fromJson(config.getBytes(StandardCharsets.UTF_8));
    }

    /** Tells libs/model what the trainer learns. */
    public TrainingTask task() {
        return new TrainingTask(decoder(), batch, objective, trainable, adamW);
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
