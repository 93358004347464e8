package io.maru.model.exchange;

import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.weights.StoredTensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A folder of files that Hugging Face's transformers wrote. */
final class HuggingFaceFolder {
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final String TEMPLATE = "chat_template.jinja";
    private static final String TEMPLATES = "additional_chat_templates";
    private static final int MAX_TEMPLATES = 100;
    /** One more is refused by whoever parses it. */
    private static final int MAX_FILE_BYTES = 1 << 22;

    /** Files of weights that are Python's pickles, which run code when they are read, or another program's. */
    private static final List<String> OTHER_WEIGHTS = List.of(
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "tf_model.h5",
            "flax_model.msgpack",
            "model.ckpt.index");

    private final Path folder;

    HuggingFaceFolder(Path folder) {
        this.folder = folder;
    }

    ForeignModel open() throws IOException {
        byte[] json = file(CONFIG)
                .orElseThrow(() -> new UnsupportedModelException(
                        CONFIG, "absent", "one beside the weights, or a file in the GGUF format"));
        DecoderConfig config = DecoderConfig.fromJson(json);
        GenerationConfig generation = GenerationConfig.read(file(GenerationConfig.FILE), json, config.vocabularySize());
        Optional<byte[]> tokenizerConfig = file(TOKENIZER_CONFIG);
        Map<String, String> inConfig = tokenizerConfig.map(ChatTemplates::of).orElse(Map.of());
        Map<String, String> templates = ChatTemplates.with(inConfig, file(TEMPLATE), otherTemplates());
        if (!templates.equals(inConfig)) {
            tokenizerConfig = Optional.of(ChatTemplates.into(tokenizerConfig, templates));
        }
        Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
        try {
            openWeights(shards);
            return new ForeignModel(
                    config,
                    generation,
                    new SafetensorsTensors(StoredTensors.of(config, List.copyOf(shards.values()))),
                    ChatTemplates.chosen(templates),
                    tokenizerConfig,
                    Optional.empty(),
                    () -> shards.values().forEach(SafetensorsFile::close));
        } catch (RuntimeException | IOException e) {
            shards.values().forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private void openWeights(Map<String, SafetensorsFile> shards) throws IOException {
        if (Files.exists(folder.resolve(WEIGHTS))) {
            shards.put(WEIGHTS, SafetensorsFile.open(folder.resolve(WEIGHTS)));
            return;
        }
        Optional<byte[]> json = file(ShardIndex.FILE);
        if (json.isEmpty()) {
            throw noWeights();
        }
        ShardIndex index = ShardIndex.parse(json.get());
        for (String shard : index.files()) {
            if (Files.notExists(folder.resolve(shard))) {
                throw new UnsupportedModelException(shard, "absent", "one, as " + ShardIndex.FILE + " tells");
            }
            shards.put(shard, SafetensorsFile.open(folder.resolve(shard)));
        }
        index.requireIn(shards);
    }

    private UnsupportedModelException noWeights() {
        for (String other : OTHER_WEIGHTS) {
            if (Files.exists(folder.resolve(other))) {
                return new UnsupportedModelException(
                        other,
                        other.startsWith("pytorch") ? "a pickle, which can run code when it is read" : "not read",
                        "model.safetensors; transformers makes it: AutoModelForCausalLM.from_pretrained(folder)"
                                + ".save_pretrained(other_folder)");
            }
        }
        return new UnsupportedModelException(WEIGHTS, "absent", "one, or " + ShardIndex.FILE + " with its files");
    }

    private Map<String, byte[]> otherTemplates() throws IOException {
        Map<String, byte[]> templates = new TreeMap<>();
        Path others = folder.resolve(TEMPLATES);
        if (!Files.isDirectory(others)) {
            return templates;
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(others, "*.jinja")) {
            found.forEach(files::add);
        }
        if (files.size() > MAX_TEMPLATES) {
            throw new UnsupportedModelException(TEMPLATES, files.size() + " files", "at most " + MAX_TEMPLATES);
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            templates.put(name.substring(0, name.length() - ".jinja".length()), read(file));
        }
        return templates;
    }

    private Optional<byte[]> file(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.isRegularFile(file) ? Optional.of(read(file)) : Optional.empty();
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MAX_FILE_BYTES + 1);
        }
    }
}
