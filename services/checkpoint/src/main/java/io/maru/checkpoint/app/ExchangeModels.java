package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.MODEL_CORRUPT;
import static io.maru.checkpoint.domain.CheckpointReason.MODEL_UNSUPPORTED;
import static io.maru.checkpoint.domain.CheckpointReason.TOKENIZER_UNSUPPORTED;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.Content;
import io.maru.formats.CorruptFileException;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.exchange.ForeignModel;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** {@link ForeignModels} of the forms that Maru's libraries read. No library of TensorFlow is loaded for it. */
public final class ExchangeModels implements ForeignModels {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Override
    public Foreign open(Path folder) throws IOException {
        return refusing(folder, () -> {
            ForeignModel model = ForeignModel.open(folder);
            try {
                return new Opened(model, ImportedTokenizer.of(model, folder), folder);
            } catch (IOException | RuntimeException e) {
                model.close();
                throw e;
            }
        });
    }

    @Override
    public Shape shape(byte[] configJson) {
        try {
            DecoderConfig config = DecoderConfig.fromJson(configJson);
            return new Shape(config.parameterCount(), config.vocabularySize());
        } catch (UnsupportedModelException e) {
            throw new Refusal(MODEL_UNSUPPORTED, e.getMessage(), e);
        }
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read() throws IOException;
    }

    /** Turns what the libraries say of a file into a refusal; where it lies on this machine is nobody's business. */
    private static <T> T refusing(Path folder, Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (UnsupportedModelException e) {
            throw new Refusal(MODEL_UNSUPPORTED, told(e, folder), e);
        } catch (CorruptFileException e) {
            throw new Refusal(MODEL_CORRUPT, told(e, folder), e);
        } catch (TokenizerFormatException e) {
            throw new Refusal(TOKENIZER_UNSUPPORTED, told(e, folder), e);
        }
    }

    private static String told(RuntimeException error, Path folder) {
        return error.getMessage().replace(folder + folder.getFileSystem().getSeparator(), "");
    }

    private static final class Opened implements Foreign {
        private static final String TOKENIZER = "tokenizer.json";
        private static final String TOKENIZER_CONFIG = "tokenizer_config.json";

        private final ForeignModel model;
        private final Optional<ImportedTokenizer> tokenizer;
        private final Path folder;

        Opened(ForeignModel model, Optional<ImportedTokenizer> tokenizer, Path folder) {
            this.model = model;
            this.tokenizer = tokenizer;
            this.folder = folder;
        }

        @Override
        public String architecture() {
            try {
                return MAPPER.readTree(model.configJson())
                        .path("architectures")
                        .path(0)
                        .asText(model.config().family());
            } catch (IOException e) {
                throw new IllegalStateException("a configuration that was just written", e);
            }
        }

        @Override
        public long parameters() {
            return model.config().parameterCount();
        }

        @Override
        public String dtype() {
            return model.dtype().name();
        }

        @Override
        public long bytes() {
            return parameters() * model.dtype().bytes();
        }

        @Override
        public Map<String, Content> files() {
            Map<String, Content> files = new LinkedHashMap<>();
            model.files()
                    .forEach((name, content) -> files.put(
                            name,
                            out -> refusing(folder, () -> {
                                content.writeTo(out);
                                return name;
                            })));
            tokenizer.ifPresent(found -> {
                files.put(TOKENIZER, Content.of(found.json()));
                files.put(TOKENIZER_CONFIG, Content.of(found.configJson()));
            });
            return files;
        }

        @Override
        public Optional<byte[]> tokenizerJson() {
            return tokenizer.map(ImportedTokenizer::json);
        }

        @Override
        public void close() {
            model.close();
        }
    }
}
