package io.maru.model.exchange;

import io.maru.formats.GgufFile;
import io.maru.formats.GgufMetadata;
import io.maru.model.configuration.DecoderConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A model that is one GGUF file. */
final class GgufModel {
    private static final String TOKENIZER = "tokenizer.ggml.";
    private static final String TEMPLATE = "tokenizer.chat_template";

    private GgufModel() {}

    static ForeignModel open(Path path) throws IOException {
        GgufFile file = GgufFile.open(path);
        try {
            DecoderConfig config = GgufKeys.read(file);
            GgufMetadata keys = file.metadata();
            Set<Integer> stopIds = new TreeSet<>();
            for (String end : new String[] {"eos", "eot", "eom"}) {
                id(keys, end, config.vocabularySize()).ifPresent(stopIds::add);
            }
            GenerationConfig generation = GenerationConfig.of(
                    id(keys, "bos", config.vocabularySize()), stopIds, id(keys, "padding", config.vocabularySize()));
            Optional<String> template = keys.has(TEMPLATE) ? Optional.of(keys.text(TEMPLATE)) : Optional.empty();
            return new ForeignModel(
                    config,
                    generation,
                    new GgufTensors(config, file),
                    template,
                    Optional.empty(),
                    Optional.of(keys),
                    () -> close(file));
        } catch (RuntimeException | IOException e) {
            file.close();
            throw e;
        }
    }

    private static Optional<Integer> id(GgufMetadata keys, String token, int vocabularySize) {
        String key = TOKENIZER + token + "_token_id";
        long id = keys.integer(key, -1);
        return id < 0 || id >= vocabularySize ? Optional.empty() : Optional.of((int) id);
    }

    private static void close(GgufFile file) {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
