package io.maru.model.exchange;

import io.maru.formats.Content;
import io.maru.formats.DType;
import io.maru.formats.GgufFile;
import io.maru.formats.GgufMetadata;
import io.maru.formats.SafetensorsContent;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * A model that another program wrote, as the files of a model version. The files that it is read from must stay as they are
 * until it is closed.
 *
 * <pre>
 *   try (ForeignModel model = ForeignModel.open(path)) {
 *       model.files().forEach((name, content) -> store.put(name, content));
 *       // and tokenizer.json, tokenizer_config.json: of model.gguf(), or of the folder's own files
 *   }
 * </pre>
 *
 * <p>Not safe for use by several threads.
 */
public final class ForeignModel implements AutoCloseable {
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";

    private final DecoderConfig config;
    private final GenerationConfig generation;
    private final ModelTensors tensors;
    private final Optional<String> chatTemplate;
    private final Optional<byte[]> tokenizerConfig;
    private final Optional<GgufMetadata> gguf;
    private final Runnable closing;
    private final DType dtype;

    ForeignModel(
            DecoderConfig config,
            GenerationConfig generation,
            ModelTensors tensors,
            Optional<String> chatTemplate,
            Optional<byte[]> tokenizerConfig,
            Optional<GgufMetadata> gguf,
            Runnable closing)
            throws IOException {
        this.config = config;
        this.generation = generation;
        this.tensors = tensors;
        this.chatTemplate = chatTemplate;
        this.tokenizerConfig = tokenizerConfig;
        this.gguf = gguf;
        this.closing = closing;
        dtype = tensors.common(config);
    }

    /**
     * Opens a GGUF file, or a folder with one GGUF file or with Hugging Face's files: config.json and model.safetensors, or
     * model.safetensors.index.json and what it names.
     *
     * @throws UnsupportedModelException if it is none of these, or a model that Maru would not compute exactly
     * @throws io.maru.formats.CorruptFileException if a file is not what its format says
     */
    public static ForeignModel open(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            requireGguf(path);
            return GgufModel.open(path);
        }
        List<Path> ggufs = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(path, "*.gguf")) {
            found.forEach(ggufs::add);
        }
        if (ggufs.isEmpty()) {
            return new HuggingFaceFolder(path).open();
        }
        Collections.sort(ggufs);
        if (ggufs.size() > 1) {
            throw new UnsupportedModelException(
                    "folder", ggufs.stream().map(Path::getFileName).toList(), "one GGUF file");
        }
        if (Files.exists(path.resolve(CONFIG))) {
            throw new UnsupportedModelException(
                    "folder", CONFIG + " and " + ggufs.get(0).getFileName(), "one of the two, as either is a model");
        }
        return GgufModel.open(ggufs.get(0));
    }

    private static void requireGguf(Path file) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(Integer.BYTES);
        }
        if (!GgufFile.isGguf(start)) {
            throw new UnsupportedModelException(
                    String.valueOf(file.getFileName()),
                    "no GGUF file",
                    "one, or a folder with config.json and model.safetensors");
        }
    }

    /** The model's shape. */
    public DecoderConfig config() {
        return config;
    }

    /** The type of the weights in {@link #weights}: F32, F16 or BF16. */
    public DType dtype() {
        return dtype;
    }

    /** The ids of tokens that end a text; none if no file tells. */
    public SortedSet<Integer> stopIds() {
        return generation.stopIds();
    }

    /** The Jinja template by which a chat becomes a text. */
    public Optional<String> chatTemplate() {
        return chatTemplate;
    }

    /** The keys of a GGUF file, among which is the tokenizer; empty for Hugging Face's files. */
    public Optional<GgufMetadata> gguf() {
        return gguf;
    }

    /**
     * Hugging Face's tokenizer_config.json, in which the chat templates are, wherever they were found; empty if there is
     * neither, and for GGUF.
     */
    public Optional<byte[]> tokenizerConfigJson() {
        return tokenizerConfig.map(byte[]::clone);
    }

    /** The files of a model version but for those of the tokenizer: config.json, generation_config.json, model.safetensors. */
    public Map<String, Content> files() {
        Map<String, Content> files = new LinkedHashMap<>();
        files.put(CONFIG, Content.of(configJson()));
        files.put(GenerationConfig.FILE, Content.of(generationConfigJson()));
        files.put(WEIGHTS, weights());
        return files;
    }

    public byte[] configJson() {
        return config.toJson(dtype);
    }

    public byte[] generationConfigJson() {
        return generation.toJson();
    }

    /** The model.safetensors, whose tensors are made when it is written, some rows at a time. */
    public Content weights() {
        SafetensorsContent content = new SafetensorsContent().metadata("format", "pt");
        for (Parameter parameter : config.parameters()) {
            content.add(
                    parameter.name(),
                    dtype,
                    new TensorContent(tensors, parameter, dtype),
                    parameter.shape().asArray());
        }
        return content;
    }

    @Override
    public void close() {
        closing.run();
    }
}
