package io.maru.model.weights;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.TensorInfo;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptNames;
import io.maru.model.configuration.LlamaNames;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tensorflow.ndarray.Shape;

/**
 * The tensors of a model as they lie in one or several safetensors files that Maru or Hugging Face wrote, with or without the
 * prefix {@code transformer.} or {@code model.}. The files must stay open for as long as the tensors are read.
 */
public final class StoredTensors {
    private static final String HEAD = Parameter.weight(LlamaNames.HEAD);
    /** Hugging Face once wrote its causal mask and its wavelengths as if they were weights. */
    private static final Pattern COMPUTED = Pattern.compile(
            "(transformer\\.)?h\\.\\d+\\.attn\\.(masked_)?bias|(model\\.)?layers\\.\\d+\\.self_attn\\.rotary_emb\\.inv_freq");

    private final Map<String, Stored> byParameter = new HashMap<>();

    private record Stored(SafetensorsFile file, String name) {
        TensorInfo info() {
            return file.info(name);
        }
    }

    private StoredTensors() {}

    /** @throws UnsupportedModelException if a tensor is missing, there twice, of another shape, or unknown */
    public static StoredTensors of(DecoderConfig config, List<SafetensorsFile> files) {
        Map<String, SafetensorsFile> byName = new HashMap<>();
        for (SafetensorsFile file : files) {
            for (String name : file.names()) {
                if (byName.put(name, file) != null) {
                    throw new UnsupportedModelException("tensor " + name, "in two files", "in one");
                }
            }
        }
        String prefix = config.match(gpt -> GptNames.PREFIX, llama -> LlamaNames.PREFIX);
        boolean prefixed = byName.containsKey(embedding(config));
        StoredTensors tensors = new StoredTensors();
        TreeSet<String> unknown = new TreeSet<>(byName.keySet());
        for (Parameter parameter : config.parameters()) {
            String name = prefixed || !parameter.name().startsWith(prefix)
                    ? parameter.name()
                    : parameter.name().substring(prefix.length());
            SafetensorsFile file = byName.get(name);
            requireShape(file, name, parameter.shape());
            tensors.byParameter.put(parameter.name(), new Stored(file, name));
            unknown.remove(name);
        }
        // A tensor that the graph would leave out means another model, and wrong numbers without an error.
        unknown.removeIf(name -> COMPUTED.matcher(name).matches());
        Stored embedding = tensors.stored(embedding(config));
        if (unknown.remove(HEAD)
                && !byName.get(HEAD).bytes(HEAD).equals(embedding.file().bytes(embedding.name()))) {
            throw new UnsupportedModelException("tensor " + HEAD, "other numbers", "those of " + embedding.name());
        }
        if (!unknown.isEmpty()) {
            throw new UnsupportedModelException("tensors", unknown, "none but those of a " + config.family());
        }
        return tensors;
    }

    /** Gives the type that a parameter is stored in: F32, F16 or BF16. */
    public DType dtype(String parameter) {
        return stored(parameter).info().dtype();
    }

    /** Puts a parameter into a buffer of its size, the last axis fastest. F16 and BF16 are widened. */
    public void floats(String parameter, FloatBuffer into) {
        Stored stored = stored(parameter);
        stored.file().floats(stored.name(), into);
    }

    /** Puts some elements of a parameter into a buffer, those from {@code first} on. */
    public void floats(String parameter, int first, int count, FloatBuffer into) {
        Stored stored = stored(parameter);
        stored.file().floats(stored.name(), first, count, into);
    }

    private Stored stored(String parameter) {
        Stored stored = byParameter.get(parameter);
        if (stored == null) {
            throw new IllegalArgumentException(
                    "tensor: " + parameter + " (expected: one of the model's " + byParameter.size() + " names)");
        }
        return stored;
    }

    private static void requireShape(SafetensorsFile file, String name, Shape shape) {
        if (file == null) {
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

    private static String embedding(DecoderConfig config) {
        return Parameter.weight(config.match(gpt -> GptNames.TOKEN_EMBEDDING, llama -> LlamaNames.TOKEN_EMBEDDING));
    }
}
