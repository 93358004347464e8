package io.maru.training.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.model.configuration.GptConfig;
import io.maru.model.training.Learner;
import io.maru.platform.error.Refusal;
import io.maru.training.TinyDataset;
import io.maru.training.app.CheckpointRegistry.Candidate;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.TrainingReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitialWeightsReaderTest {
    private static final String NAME = "runs/a/checkpoints/train-7";
    private static final GptConfig CONFIG = new GptConfig(TinyDataset.VOCABULARY, 8, 1, 2, 16);

    private final InMemoryBytes bytes = new InMemoryBytes();
    private final InMemoryRegistry registry = new InMemoryRegistry(bytes);
    private final InitialWeightsReader reader = new InitialWeightsReader(registry, bytes);
    private Dataset dataset;

    @TempDir
    Path folder;

    @BeforeEach
    void register() throws IOException {
        bytes.objects.putAll(TinyDataset.of("datasets/a", folder).objects());
        dataset = new Datasets(bytes).read("datasets/a");
        keep(bytes.objects.get("datasets/a/tokenizer.json"), CONFIG.toJson());
    }

    private void keep(byte[] tokenizer, byte[] config) {
        Map<String, byte[]> contents = Map.of(
                "tokenizer.json",
                tokenizer,
                "config.json",
                config,
                Learner.MODEL_FILE,
                "weights".getBytes(UTF_8),
                "tokenizer_config.json",
                "chat".getBytes(UTF_8),
                "generation_config.json",
                "stop".getBytes(UTF_8));
        Map<String, SealedFile> files = new HashMap<>();
        contents.forEach((file, content) -> {
            files.put(file, new SealedFile(content.length, Sha256.of(content)));
            bytes.objects.put(NAME + "/" + file, content);
        });
        registry.register(new Candidate("runs/a", "train", 7, files, "datasets/a", "", 0));
    }

    @Test
    void knowsTheShapeAndTheDigestOfTheWeights() {
        InitialWeights init = reader.of(NAME, dataset);

        assertThat(init.decoder()).isEqualTo(CONFIG);
        assertThat(init.weights().sha256()).isEqualTo(Sha256.of("weights".getBytes(UTF_8)));
    }

    @Test
    void knowsWhatGoesOnAsItIs() {
        assertThat(reader.of(NAME, dataset).kept())
                .isEqualTo(Map.of("tokenizer_config.json", "chat", "generation_config.json", "stop"));
    }

    @Test
    void refusesWeightsThatKnowOtherTokens() {
        keep("{}".getBytes(UTF_8), CONFIG.toJson());

        assertThatThrownBy(() -> reader.of(NAME, dataset))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.TOKENIZER_MISMATCH))
                .hasMessageContaining("init: " + NAME + " has tokenizer ");
    }

    @Test
    void refusesWeightsThatThereAreNot() {
        assertThatThrownBy(() -> reader.of("runs/a/checkpoints/train-8", dataset))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.INIT_NOT_FOUND));
        assertThat(reader.find("runs/a/checkpoints/train-8")).isEmpty();
    }

    @Test
    void refusesAModelOfAnotherKind() {
        keep(bytes.objects.get("datasets/a/tokenizer.json"), "{\"model_type\": \"bert\"}".getBytes(UTF_8));

        assertThatThrownBy(() -> reader.of(NAME, dataset))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.INIT_UNSUPPORTED));
    }
}
