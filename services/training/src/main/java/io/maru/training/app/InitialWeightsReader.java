package io.maru.training.app;

import io.maru.formats.SealedFile;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.training.Learner;
import io.maru.platform.error.Refusal;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.TrainingReason;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks at model versions and checkpoints that jobs begin with. */
public final class InitialWeightsReader {
    private static final int MAX_CONFIG_BYTES = 1 << 20;
    private static final String CONFIG = "config.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final Set<String> KEPT = Set.of("generation_config.json", "tokenizer_config.json");

    private final CheckpointRegistry registry;
    private final TrainingBytes bytes;

    public InitialWeightsReader(CheckpointRegistry registry, TrainingBytes bytes) {
        this.registry = registry;
        this.bytes = bytes;
    }

    /**
     * The weights, for a job on a dataset.
     *
     * @throws Refusal INIT_NOT_FOUND, INIT_UNSUPPORTED, TOKENIZER_MISMATCH
     */
    InitialWeights of(String name, Dataset dataset) {
        CheckpointRegistry.Found found = registry.find(name)
                .orElseThrow(() -> TrainingReason.INIT_NOT_FOUND.because(
                        "init: no %s (expected: a model version or an intact checkpoint)", name));
        SealedFile tokenizer = file(found.name(), found.files(), TOKENIZER);
        if (!tokenizer.sha256().equals(dataset.tokenizerSha256())) {
            throw TrainingReason.TOKENIZER_MISMATCH.because(
                    "init: %s has tokenizer %s (expected: %s, which made %s)",
                    found.name(), tokenizer.sha256(), dataset.tokenizerSha256(), dataset.name());
        }
        return read(found);
    }

    /**
     * The weights; empty where there are none of this name.
     *
     * @throws Refusal INIT_UNSUPPORTED
     */
    Optional<InitialWeights> find(String name) {
        return registry.find(name).map(this::read);
    }

    private InitialWeights read(CheckpointRegistry.Found found) {
        String name = found.name();
        String config = text(name, CONFIG);
        Map<String, String> kept = new HashMap<>();
        KEPT.stream().filter(found.files()::containsKey).forEach(file -> kept.put(file, text(name, file)));
        InitialWeights init = new InitialWeights(name, config, file(name, found.files(), Learner.MODEL_FILE), kept);
        try {
            init.decoder();
        } catch (UnsupportedModelException e) {
            throw new Refusal(TrainingReason.INIT_UNSUPPORTED, "init: " + name + ": " + e.getMessage(), e);
        }
        return init;
    }

    private String text(String name, String file) {
        return new String(bytes.read(name + "/" + file, MAX_CONFIG_BYTES), StandardCharsets.UTF_8);
    }

    private static SealedFile file(String name, Map<String, SealedFile> files, String file) {
        SealedFile found = files.get(file);
        if (found == null) {
            throw TrainingReason.INIT_UNSUPPORTED.because("init: %s has no %s (expected: one)", name, file);
        }
        return found;
    }
}
