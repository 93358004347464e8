package io.maru.training.app;

import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where the weights of a learner that begins come from.
 *
 * @param seed of random numbers, where there is no file
 * @param file in the shape of {@code model.safetensors}
 */
public record FirstWeights(long seed, Optional<Path> file) {
    public static FirstWeights of(long seed) {
        return new FirstWeights(seed, Optional.empty());
    }

    /**
     * Makes something of the weights, which are read while it is made.
     *
     * @throws io.maru.model.configuration.UnsupportedModelException if the file is of another model
     */
    public <T> T make(DecoderConfig config, Function<Weights, T> maker) throws IOException {
        if (file.isEmpty()) {
            return maker.apply(Weights.initial(config, seed));
        }
        try (SafetensorsFile open = SafetensorsFile.open(file.get())) {
            return maker.apply(Weights.of(config, open));
        }
    }
}
