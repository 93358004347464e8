package io.maru.model.exchange;

import io.maru.formats.Content;
import io.maru.formats.DType;
import io.maru.formats.GgufContent;
import io.maru.formats.GgufTensorType;
import io.maru.formats.SafetensorsContent;
import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptNames;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.weights.StoredTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Consumer;

/**
 * The files of a model version as those of another program: Hugging Face's folder, or one GGUF file. They must stay as they are
 * until it is closed; what is made of them is made when it is written, some rows of a tensor at a time.
 *
 * <p>Not safe for use by several threads.
 */
public final class ExportedModel implements AutoCloseable {
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    /** Files that go out as they are, where they are. */
    private static final List<String> KEPT = List.of(GenerationConfig.FILE, "tokenizer.json", TOKENIZER_CONFIG);

    private static final String TEMPLATE = "tokenizer.chat_template";
    /** Under which names llama.cpp looks for tokens that end a text, besides the one of the tokenizer's own keys. */
    private static final List<String> MORE_ENDS = List.of("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

    private final Path folder;
    private final DecoderConfig config;
    private final GenerationConfig generation;
    private final SafetensorsFile file;
    private final SafetensorsTensors tensors;
    private final DType dtype;

    private ExportedModel(Path folder, DecoderConfig config, GenerationConfig generation, SafetensorsFile file)
            throws IOException {
        this.folder = folder;
        this.config = config;
        this.generation = generation;
        this.file = file;
        tensors = new SafetensorsTensors(StoredTensors.of(config, List.of(file)));
        dtype = tensors.common(config);
    }

    /**
     * Opens the files of a model version in a folder.
     *
     * @throws UnsupportedModelException if they are of no model that there is a graph for
     * @throws io.maru.formats.CorruptFileException if a file is not what its format says
     */
    public static ExportedModel open(Path folder) throws IOException {
        byte[] json = Files.readAllBytes(folder.resolve(CONFIG));
        DecoderConfig config = DecoderConfig.fromJson(json);
        Path generation = folder.resolve(GenerationConfig.FILE);
        Optional<byte[]> found =
                Files.exists(generation) ? Optional.of(Files.readAllBytes(generation)) : Optional.empty();
        GenerationConfig read = GenerationConfig.read(found, json, config.vocabularySize());
        SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS));
        try {
            return new ExportedModel(folder, config, read, file);
        } catch (RuntimeException | IOException e) {
            file.close();
            throw e;
        }
    }

    /** The model's shape. */
    public DecoderConfig config() {
        return config;
    }

    /** The type that the weights are stored in: F32, F16 or BF16. */
    public DType dtype() {
        return dtype;
    }

    /** How it is made to write. */
    public GenerationConfig generation() {
        return generation;
    }

    /**
     * Hugging Face's files by name: config.json, generation_config.json, model.safetensors and those of the tokenizer. What is
     * there already goes out as it is; of other files of the folder none does.
     *
     * @param weights F32, F16 or BF16
     */
    public Map<String, Content> huggingFace(DType weights) {
        Map<String, Content> files = new LinkedHashMap<>();
        files.put(CONFIG, Content.of(config.toJson(weights)));
        files.put(WEIGHTS, weights == dtype ? Content.of(folder.resolve(WEIGHTS)) : converted(weights));
        for (String kept : KEPT) {
            if (Files.exists(folder.resolve(kept))) {
                files.put(kept, Content.of(folder.resolve(kept)));
            }
        }
        return files;
    }

    private Content converted(DType weights) {
        SafetensorsContent content = new SafetensorsContent().metadata("format", "pt");
        for (Parameter parameter : config.parameters()) {
            content.add(
                    parameter.name(),
                    weights,
                    new TensorContent(tensors, parameter, weights),
                    parameter.shape().asArray());
        }
        return content;
    }

    /**
     * The id that {@code tokenizer.ggml.eos_token_id} must have, where llama.cpp would take one of its own.
     *
     * @throws UnsupportedModelException if no token ends a text
     */
    public int ggufEos() {
        if (generation.stopIds().isEmpty()) {
            throw new UnsupportedModelException(
                    "eos_token_id",
                    "none",
                    "one in generation_config.json, as llama.cpp would take a token of its own");
        }
        return generation.stopIds().first();
    }

    /** The id that {@code tokenizer.ggml.bos_token_id} must have: some token, even if no text begins with it. */
    public int ggufBos() {
        return generation.bos().orElseGet(this::ggufEos);
    }

    /**
     * One GGUF file for llama.cpp. Vectors and the table of positions stay F32, as its converter has it; rows that Q8_0's blocks
     * do not fit become F16.
     *
     * @param type of the other matrices: F32, F16, BF16 or Q8_0
     * @param name what the file calls the model
     * @param tokenizer adds the keys {@code tokenizer.ggml.*} of the tokenizer
     * @throws UnsupportedModelException if GGUF has no key for something
     */
    public Content gguf(GgufTensorType type, String name, Consumer<GgufContent> tokenizer) throws IOException {
        GgufContent content = new GgufContent()
                .text(GgufKeys.ARCHITECTURE, config.family())
                .text("general.type", "model")
                .text("general.name", name)
                .integer("general.file_type", fileType(type));
        if (type == GgufTensorType.Q8_0) {
            content.integer("general.quantization_version", 2);
        }
        GgufKeys.write(config, content);
        tokenizer.accept(content);
        addEnds(content);
        addTemplates(content);
        Map<String, GgufTensor> ggufs = GgufTensor.of(config);
        for (Parameter parameter : config.parameters()) {
            add(content, parameter, ggufs.get(parameter.name()), type);
        }
        return content;
    }

    private static int fileType(GgufTensorType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case Q8_0 -> 7;
            case BF16 -> 32;
            case Q4_0, Q4_1 ->
                throw new IllegalArgumentException("type: " + type + " (expected: F32, F16, BF16 or Q8_0)");
        };
    }

    private void addEnds(GgufContent content) {
        SortedSet<Integer> stopIds = generation.stopIds();
        if (stopIds.size() > 1 + MORE_ENDS.size()) {
            throw new UnsupportedModelException(
                    "eos_token_id", stopIds, "at most " + (1 + MORE_ENDS.size()) + " ids, for which GGUF has keys");
        }
        Iterator<String> keys = MORE_ENDS.iterator();
        stopIds.stream().skip(1).forEach(id -> content.integer(keys.next(), id));
    }

    private void addTemplates(GgufContent content) throws IOException {
        Path tokenizerConfig = folder.resolve(TOKENIZER_CONFIG);
        if (Files.exists(tokenizerConfig)) {
            ChatTemplates.chosen(ChatTemplates.of(Files.readAllBytes(tokenizerConfig)))
                    .ifPresent(template -> content.text(TEMPLATE, template));
        }
    }

    private void add(GgufContent content, Parameter parameter, GgufTensor tensor, GgufTensorType type) {
        long[] shape = parameter.shape().asArray();
        int width = SafetensorsTensors.width(parameter);
        int rows = (int) (parameter.elements() / width);
        Rows source = tensors.rows(parameter);
        int headWidth = config.headWidth();
        GgufContent.Values values =
                switch (tensor.layout()) {
                    case SAME -> taker -> source.inOrder(rows, width, taker);
                    case PAIRED ->
                        taker ->
                                source.byHead(rows, width, headWidth, row -> Rows.ofHuggingFace(row, headWidth), taker);
                    case TRANSPOSED -> taker -> source.transposed(rows, width, taker);
                };
        if (tensor.layout() == GgufTensor.Layout.TRANSPOSED) {
            shape = new long[] {shape[1], shape[0]};
        }
        GgufTensorType stored = stored(parameter, type, shape[shape.length - 1]);
        GgufContent.Values checked = stored == GgufTensorType.F16
                ? taker -> values.writeTo(piece -> {
                    TensorContent.requireF16(parameter.name(), piece);
                    taker.take(piece);
                })
                : values;
        content.tensor(tensor.name(), stored, checked, shape);
    }

    private static GgufTensorType stored(Parameter parameter, GgufTensorType type, long rowElements) {
        if (!parameter.isMatrix() || parameter.name().equals(Parameter.weight(GptNames.POSITION_EMBEDDING))) {
            return GgufTensorType.F32;
        }
        return rowElements % type.blockElements() == 0 ? type : GgufTensorType.F16;
    }

    @Override
    public void close() {
        file.close();
    }
}
