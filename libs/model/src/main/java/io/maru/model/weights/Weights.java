package io.maru.model.weights;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.formats.SealedFile;
import io.maru.formats.TensorInfo;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptNames;
import io.maru.model.configuration.LlamaNames;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.tensor.Tensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

/**
 * The numbers of a model under Hugging Face's names, outside of any graph: where they come from, and not a place that holds
 * them all, which a model of a billion would not find on the JVM's heap. Immutable, as long as the file that they are read
 * from is.
 */
public final class Weights {
    private static final String HEAD = Parameter.weight(LlamaNames.HEAD);
    /** Hugging Face once wrote its causal mask and its wavelengths as if they were weights. */
    private static final Pattern COMPUTED = Pattern.compile(
            "(transformer\\.)?h\\.\\d+\\.attn\\.(masked_)?bias|(model\\.)?layers\\.\\d+\\.self_attn\\.rotary_emb\\.inv_freq");

    private final DecoderConfig config;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final TensorSource source;

    private Weights(DecoderConfig config, TensorSource source) {
        this.config = config;
        this.source = source;
        config.parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
    }

    /**
     * What training starts from: normal numbers, of GPT-2's deviation where the model is as wide as GPT-2; biases 0, norms'
     * gains 1, and the projections into the residual stream divided by sqrt(2 layers). A pure function of its arguments,
     * on every machine.
     *
     * <p>Source: A. Radford and others, "Language models are unsupervised multitask learners", section 2.3.
     */
    public static Weights initial(DecoderConfig config, long seed) {
        Map<String, Parameter> byName =
                config.parameters().stream().collect(Collectors.toMap(Parameter::name, Function.identity()));
        return read(config, (name, into) -> byName.get(name).fill(into, seed));
    }

    /**
     * The weights in a file that Maru or Hugging Face wrote, with or without the prefix {@code transformer.} or {@code
     * model.}. F16 and BF16 are widened. The file must stay open for as long as the weights are read.
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
        return read(config, (name, into) -> file.floats(expected.get(name), into));
    }

    public static Weights read(DecoderConfig config, TensorSource source) {
        return new Weights(config, source);
    }

    /** Where a tensor's numbers come from. */
    @FunctionalInterface
    public interface TensorSource {
        /** Puts all of them into a buffer of their size, the last axis fastest. */
        void put(String name, FloatBuffer into);
    }

    public DecoderConfig config() {
        return config;
    }

    /**
     * A copy of a tensor, the last axis fastest.
     *
     * @throws IllegalArgumentException if the model has no tensor of this name
     */
    public FloatBuffer get(String name) {
        Parameter parameter = parameters.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException(
                    "tensor: " + name + " (expected: one of the model's " + parameters.size() + " names)");
        }
        FloatBuffer copy = FloatBuffer.allocate(Math.toIntExact(parameter.elements()));
        put(name, copy);
        return copy.flip();
    }

    /** Puts a tensor of the model into a buffer of its size. */
    public void put(String name, FloatBuffer into) {
        source.put(name, into);
    }

    /** Writes {@code model.safetensors} as Hugging Face would. Equal weights give equal bytes. */
    public SealedFile save(Path file) throws IOException {
        try (SafetensorsWriter writer = SafetensorsWriter.create(file)) {
            writer.metadata("format", "pt");
            for (Parameter parameter : config.parameters()) {
                writer.declare(parameter.name(), DType.F32, parameter.shape().asArray());
            }
            for (Parameter parameter : config.parameters()) {
                try (TFloat32 tensor = Tensors.of(parameter.shape(), into -> put(parameter.name(), into))) {
                    writer.write(parameter.name(), Tensors.view(tensor));
                }
            }
            return writer.seal();
        }
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
