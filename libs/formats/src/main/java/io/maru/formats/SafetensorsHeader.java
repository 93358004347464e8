package io.maru.formats;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What stands before the data of a safetensors file that is to be written. */
final class SafetensorsHeader {
    private final Map<String, String> metadata = new TreeMap<>();
    private final List<TensorInfo> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    void metadata(String key, String value) {
        metadata.put(StrictJson.requireName(key, "metadata"), StrictJson.requireWellFormed(value, key));
        if (metadata.size() > SafetensorsFile.MAX_NOTES) {
            throw new IllegalArgumentException(
                    "metadata: " + metadata.size() + " keys (expected: at most " + SafetensorsFile.MAX_NOTES + ")");
        }
    }

    /** The next tensor. */
    TensorInfo declare(String name, DType dtype, long... shape) {
        if (tensors.size() == SafetensorsFile.MAX_TENSORS) {
            throw new IllegalArgumentException(
                    "tensors: one more (expected: at most " + SafetensorsFile.MAX_TENSORS + ")");
        }
        StrictJson.requireName(name, "tensor");
        long bytes = TensorInfo.bytes(dtype, shape);
        if (name.equals(SafetensorsFile.METADATA) || !names.add(name)) {
            throw new IllegalArgumentException("tensor: " + name + " (expected: a name that is not taken)");
        }
        long begin = tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
        TensorInfo tensor = new TensorInfo(name, dtype, shape, begin, begin + bytes);
        tensors.add(tensor);
        return tensor;
    }

    /** Lists the tensors that were declared, in the order of the file. */
    List<TensorInfo> tensors() {
        return tensors;
    }

    /** @param file for the message of an exception */
    ByteBuffer bytes(String file) throws IOException {
        byte[] json = json().getBytes(StandardCharsets.UTF_8);
        // The data starts at a multiple of 8, so that readers may map it as numbers; spaces fill the gap.
        int padding = -json.length & (Long.BYTES - 1);
        if (json.length + padding > SafetensorsFile.MAX_HEADER_BYTES) {
            throw new IllegalArgumentException(file + ": a header of " + json.length + " bytes (expected: at most "
                    + SafetensorsFile.MAX_HEADER_BYTES + ")");
        }
        ByteBuffer header =
                ByteBuffer.allocate(Long.BYTES + json.length + padding).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(json.length + padding).put(json);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.flip();
    }

    private String json() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsFile.METADATA);
                for (Map.Entry<String, String> note : metadata.entrySet()) {
                    json.writeStringField(note.getKey(), note.getValue());
                }
                json.writeEndObject();
            }
            for (TensorInfo tensor : tensors) {
                json.writeObjectFieldStart(tensor.name());
                json.writeStringField("dtype", tensor.dtype().name());
                long[] shape = tensor.shape();
                json.writeFieldName("shape");
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {tensor.begin(), tensor.end()}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        return text.toString();
    }
}
