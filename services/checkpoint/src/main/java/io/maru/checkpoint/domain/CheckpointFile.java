package io.maru.checkpoint.domain;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The files of a checkpoint, in the order of its manifest: a Hugging Face directory, and what training needs to go on. */
public enum CheckpointFile {
    CONFIG("config.json", true),
    GENERATION_CONFIG("generation_config.json", true),
    MODEL("model.safetensors", true),
    TOKENIZER("tokenizer.json", true),
    TOKENIZER_CONFIG("tokenizer_config.json", true),
    OPTIMIZER("optimizer.safetensors", false),
    TRAINING_STATE("training_state.json", false);

    /** Sealed beside the files, and lists them. */
    public static final String MANIFEST = "manifest.json";

    private final String fileName;
    private final boolean served;

    CheckpointFile(String fileName, boolean served) {
        this.fileName = fileName;
        this.served = served;
    }

    public String fileName() {
        return fileName;
    }

    /** Whether a model version has it too. */
    public boolean served() {
        return served;
    }

    public boolean holdsTensors() {
        return this == MODEL || this == OPTIMIZER;
    }

    public static Optional<CheckpointFile> named(String fileName) {
        return Arrays.stream(values())
                .filter(file -> file.fileName.equals(fileName))
                .findFirst();
    }

    public static List<String> fileNames() {
        return Arrays.stream(values()).map(CheckpointFile::fileName).toList();
    }
}
