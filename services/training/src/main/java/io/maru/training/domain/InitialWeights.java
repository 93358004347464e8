package io.maru.training.domain;

import io.maru.formats.SealedFile;
import io.maru.model.configuration.DecoderConfig;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Weights of a model version or a checkpoint that a job begins with. Moments and steps begin anew.
 *
 * @param name of the model version or the checkpoint, also the prefix of its object keys
 * @param config its {@code config.json}
 * @param weights its {@code model.safetensors}
 * @param kept small files of its, by name, that every checkpoint of the job has as they are: how the model ends a text, and how a
 *     chat is written for it
 */
public record InitialWeights(String name, String config, SealedFile weights, Map<String, String> kept) {
    public InitialWeights {
        kept = Map.copyOf(kept);
    }

    /** @throws io.maru.model.configuration.UnsupportedModelException if the model is none that can be trained */
    public DecoderConfig decoder() {
        return DecoderConfig.fromJson(config.getBytes(StandardCharsets.UTF_8));
    }
}
