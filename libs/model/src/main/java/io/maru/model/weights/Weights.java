package io.maru.model.weights;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.formats.SealedFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.tensor.Tensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tensorflow.types.TFloat32;

/**
 * The numbers of a model under Hugging Face's names, outside of any graph: where they come from, and not a place that holds
 * them all, which a model of a billion would not find on the JVM's heap. Immutable, as long as the file that they are read
 * from is.
 */
public final class Weights {
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
        return read(config, StoredTensors.of(config, List.of(file))::floats);
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
}
