package io.maru.model;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.formats.SealedFile;
import io.maru.formats.TensorInfo;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tensorflow.ndarray.Shape;

/**
 * The numbers of a model under Hugging Face's names, outside of any graph. Immutable, as long as the file that
 * they were mapped from is.
 */
public final class Weights {
    private static final String HEAD = Parameter.weight(LlamaNames.HEAD);
    /** Hugging Face once wrote its causal mask and its wavelengths as if they were weights. */
    private static final Pattern COMPUTED = Pattern.compile(
            "(transformer\\.)?h\\.\\d+\\.attn\\.(masked_)?bias|(model\\.)?layers\\.\\d+\\.self_attn\\.rotary_emb\\.inv_freq");

    private final DecoderConfig config;
    private final Map<String, Supplier<FloatBuffer>> tensors;

    private Weights(DecoderConfig config, Map<String, Supplier<FloatBuffer>> tensors) {
        this.config = config;
        this.tensors = tensors;
    }

    /**
     * What training starts from: normal numbers of deviation 0.02, biases 0, norms' gains 1, and the projections into
     * the residual stream divided by sqrt(2 layers). A pure function of its arguments, on every machine. A tensor is worked
     * out whenever it is asked for, since all of them together need not fit into the heap.
     *
     * <p>Source: A. Radford and others, "Language models are unsupervised multitask learners", section 2.3.
     */
    public static Weights initial(DecoderConfig config, long seed) {
        Map<String, Parameter> parameters =
                config.parameters().stream().collect(Collectors.toMap(Parameter::name, Function.identity()));
        return asked(config, name -> FloatBuffer.wrap(parameters.get(name).initialValues(seed)));
    }

    /**
     * The weights in a file that Maru or Hugging Face wrote, with or without the prefix {@code transformer.} or {@code
     * model.}. F32 is mapped, not copied; F16 and BF16 are widened.
     *
     * @throws UnsupportedModelException if a tensor is missing, of another shape, or unknown
     */
    public static Weights of(DecoderConfig config, SafetensorsFile file) {
        String prefix = config.match(gpt -> GptNames.PREFIX, llama -> LlamaNames.PREFIX);
        boolean prefixed = file.contains(embedding(config));
        Map<String, String> expected = new LinkedHashMap<>();
        for (Parameter parameter : config.parameters()) {
            String name = prefixed || !parameter.name().startsWith(prefix)
                    ? parameter.name()
                    : parameter.name().substring(prefix.length());
            requireShape(file, name, parameter.shape());
            expected.put(parameter.name(), name);
        }
        requireNothingElse(config, file, expected);
        return read(config, name -> floats(file, expected.get(name)));
    }

    /** All tensors that a source has now. */
    static Weights read(DecoderConfig config, TensorSource source) {
        Map<String, Supplier<FloatBuffer>> tensors = new LinkedHashMap<>();
        for (Parameter parameter : config.parameters()) {
            FloatBuffer tensor = source.floats(parameter.name()).asReadOnlyBuffer();
            tensors.put(parameter.name(), tensor::duplicate);
        }
        return new Weights(config, tensors);
    }

    /** Tensors that a source is asked for one by one, each time that somebody asks for them. */
    static Weights asked(DecoderConfig config, TensorSource source) {
        Map<String, Supplier<FloatBuffer>> tensors = new LinkedHashMap<>();
        for (Parameter parameter : config.parameters()) {
            tensors.put(parameter.name(), () -> source.floats(parameter.name()).asReadOnlyBuffer());
        }
        return new Weights(config, tensors);
    }

    /** Where a tensor's numbers are, the last axis fastest. */
    @FunctionalInterface
    interface TensorSource {
        FloatBuffer floats(String name);
    }

    public DecoderConfig config() {
        return config;
    }

    /**
     * A read-only view of a tensor, the last axis fastest.
     *
     * @throws IllegalArgumentException if the model has no tensor of this name
     */
    public FloatBuffer get(String name) {
        Supplier<FloatBuffer> tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "tensor: " + name + " (expected: one of the model's " + tensors.size() + " names)");
        }
        return tensor.get();
    }

    /** Writes {@code model.safetensors} as Hugging Face would. Equal weights give equal bytes. */
    public SealedFile save(Path file) throws IOException {
        try (SafetensorsWriter writer = SafetensorsWriter.create(file)) {
            writer.metadata("format", "pt");
            for (Parameter parameter : config.parameters()) {
                writer.declare(parameter.name(), DType.F32, parameter.shape().asArray());
            }
            for (Parameter parameter : config.parameters()) {
                writer.write(parameter.name(), get(parameter.name()));
            }
            return writer.seal();
        }
    }

    private static FloatBuffer floats(SafetensorsFile file, String name) {
        return file.info(name).dtype() == DType.F32
                ? file.bytes(name).asFloatBuffer()
                : FloatBuffer.wrap(file.floats(name));
    }

    private static void requireShape(SafetensorsFile file, String name, Shape shape) {
        if (!file.contains(name)) {
            throw new UnsupportedModelException("tensor " + name, "absent", shape);
        }
        TensorInfo found = file.info(name);
        if (!Arrays.equals(found.shape(), shape.asArray())) {
            throw new UnsupportedModelException("tensor " + name, Shape.of(found.shape()), shape);
        }
        switch (found.dtype()) {
            case F32, F16, BF16 -> {}
            default -> throw new UnsupportedModelException("tensor " + name, found.dtype(), "F32, F16 or BF16");
        }
    }

    /** A tensor that the graph would leave out means another model, and wrong numbers without an error. */
    private static void requireNothingElse(DecoderConfig config, SafetensorsFile file, Map<String, String> expected) {
        TreeSet<String> unknown = new TreeSet<>(file.names());
        unknown.removeAll(expected.values());
        unknown.removeIf(name -> COMPUTED.matcher(name).matches());
        String embedding = expected.get(embedding(config));
        if (unknown.remove(HEAD) && !file.bytes(HEAD).equals(file.bytes(embedding))) {
            throw new UnsupportedModelException("tensor " + HEAD, "other numbers", "those of " + embedding);
        }
        if (!unknown.isEmpty()) {
            throw new UnsupportedModelException("tensors", unknown, "none but those of a " + config.family());
        }
    }

    private static String embedding(DecoderConfig config) {
        return Parameter.weight(config.match(gpt -> GptNames.TOKEN_EMBEDDING, llama -> LlamaNames.TOKEN_EMBEDDING));
    }
}
