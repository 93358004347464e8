package io.maru.model.exchange;

import io.maru.formats.DType;
import io.maru.formats.GgufContent;
import io.maru.formats.GgufFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import org.tensorflow.ndarray.Shape;

/** Tensors of a GGUF file, dequantised and brought into Hugging Face's layout. */
final class GgufTensors implements ModelTensors {
    private static final String ROPE_FACTORS = "rope_freqs.weight";

    private final GgufFile file;
    private final Map<String, GgufTensor> byParameter;
    private final int headWidth;

    /** @throws UnsupportedModelException if a tensor is missing, of another shape, or unknown */
    GgufTensors(DecoderConfig config, GgufFile file) {
        this.file = file;
        byParameter = GgufTensor.of(config);
        headWidth = config.headWidth();
        TreeSet<String> unknown = new TreeSet<>(file.names());
        if (unknown.contains(ROPE_FACTORS)) {
            throw new UnsupportedModelException(
                    "tensor " + ROPE_FACTORS, "present", "absent, as Llama 3's scaling of positions is not computed");
        }
        for (Parameter parameter : config.parameters()) {
            GgufTensor tensor = byParameter.get(parameter.name());
            requireShape(tensor, parameter.shape());
            unknown.remove(tensor.name());
        }
        if (config instanceof GptConfig gpt && gpt.tiedHead()) {
            // It was seen to be the token embedding again.
            unknown.remove(GgufTensor.HEAD);
        }
        if (!unknown.isEmpty()) {
            throw new UnsupportedModelException("tensors", unknown, "none but those of a " + config.family());
        }
    }

    @Override
    public DType dtype(Parameter parameter) {
        return switch (file.info(byParameter.get(parameter.name()).name()).type()) {
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case F32, Q4_0, Q4_1, Q8_0 -> DType.F32;
        };
    }

    @Override
    public void read(Parameter parameter, GgufContent.Taker taker) throws IOException {
        GgufTensor tensor = byParameter.get(parameter.name());
        int width = (int) file.info(tensor.name()).rowElements();
        int rows = (int) (parameter.elements() / width);
        Rows source = rows(tensor.name());
        switch (tensor.layout()) {
            case SAME -> source.inOrder(rows, width, taker);
            case PAIRED -> source.byHead(rows, width, headWidth, row -> Rows.ofGguf(row, headWidth), taker);
            case TRANSPOSED -> source.transposed(rows, width, taker);
        }
    }

    private Rows rows(String name) {
        return (first, count, into) -> file.rows(name, first, count, into);
    }

    private void requireShape(GgufTensor tensor, Shape shape) {
        long[] expected = shape.asArray();
        if (tensor.layout() == GgufTensor.Layout.TRANSPOSED) {
            expected = new long[] {expected[1], expected[0]};
        }
        if (!file.contains(tensor.name())) {
            throw new UnsupportedModelException("tensor " + tensor.name(), "absent", Shape.of(expected));
        }
        long[] found = file.info(tensor.name()).shape();
        if (!Arrays.equals(found, expected)) {
            throw new UnsupportedModelException("tensor " + tensor.name(), Shape.of(found), Shape.of(expected));
        }
    }
}
