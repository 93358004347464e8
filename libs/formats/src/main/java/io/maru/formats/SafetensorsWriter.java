package io.maru.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes tensors in the safetensors format (its definition is with {@link SafetensorsFile}), without a second copy of
 * any in memory. The header stands before the data, so every tensor is declared before the first is written:
 *
 * <pre>
 *   try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
 *       writer.metadata("format", "pt").declare("wte.weight", DType.F32, 512, 64).declare("step", DType.I64);
 *       writer.write("wte.weight", embedding).write("step", step);
 *       SealedFile sealed = writer.seal();
 *   }
 * </pre>
 *
 * Tensors lie in the file in the order in which they were declared. Equal calls give equal bytes.
 *
 * <p>Not safe for use by several threads.
 */
public final class SafetensorsWriter implements AutoCloseable {
    private final UnsealedFile file;
    private final SafetensorsHeader header = new SafetensorsHeader();
    private boolean headerWritten;
    private int written;

    private SafetensorsWriter(UnsealedFile file) {
        this.file = file;
    }

    /** Starts a file; one of this name is replaced. */
    public static SafetensorsWriter create(Path path) throws IOException {
        return new SafetensorsWriter(UnsealedFile.create(path));
    }

    /** A note in the header. Hugging Face loaders want {@code format} to be {@code pt}. */
    public SafetensorsWriter metadata(String key, String value) {
        requireHeaderOpen();
        header.metadata(key, value);
        return this;
    }

    /**
     * Announces the next tensor of the file.
     *
     * @param shape sizes of the axes, outermost first; none for a scalar
     * @throws IllegalArgumentException if the name is taken or the tensor larger than 2 GiB
     */
    public SafetensorsWriter declare(String name, DType dtype, long... shape) {
        requireHeaderOpen();
        header.declare(name, dtype, shape);
        return this;
    }

    /** Writes a tensor of {@link DType#F32}. */
    public SafetensorsWriter write(String name, float[] values) throws IOException {
        return write(name, FloatBuffer.wrap(values));
    }

    /** Writes what remains in {@code values} as a tensor of {@link DType#F32}; its position stays. */
    public SafetensorsWriter write(String name, FloatBuffer values) throws IOException {
        TensorInfo tensor = next(name, (long) Float.BYTES * values.remaining());
        if (tensor.dtype() != DType.F32) {
            throw new IllegalArgumentException("tensor " + name + ": floats (expected: " + tensor.dtype() + ")");
        }
        SafetensorsContent.inPieces(values, file::append);
        written++;
        return this;
    }

    /** Writes what remains in {@code bytes}, which are little-endian already, as a tensor; its position stays. */
    public SafetensorsWriter write(String name, ByteBuffer bytes) throws IOException {
        next(name, bytes.remaining());
        file.append(bytes.duplicate());
        written++;
        return this;
    }

    /** @throws IllegalStateException if a tensor that was declared was not written */
    public SealedFile seal() throws IOException {
        file.requireUnsealed();
        if (written < header.tensors().size()) {
            throw new IllegalStateException(file + ": " + written + " tensors written (expected: "
                    + header.tensors().size() + ", as declared)");
        }
        writeHeader();
        return file.seal();
    }

    /** Deletes the file unless it is sealed. */
    @Override
    public void close() throws IOException {
        file.close();
    }

    private TensorInfo next(String name, long bytes) throws IOException {
        file.requireUnsealed();
        String expected = written < header.tensors().size()
                ? header.tensors().get(written).name()
                : "no tensor";
        if (written == header.tensors().size() || !name.equals(expected)) {
            throw new IllegalArgumentException("tensor: " + name + " (expected: " + expected + ", as declared)");
        }
        TensorInfo tensor = header.tensors().get(written);
        if (bytes != tensor.byteSize()) {
            throw new IllegalArgumentException("tensor " + name + ": " + bytes + " bytes (expected: "
                    + tensor.byteSize() + ", as " + tensor.dtype() + " " + Arrays.toString(tensor.shape()) + " takes)");
        }
        writeHeader();
        return tensor;
    }

    private void writeHeader() throws IOException {
        if (headerWritten) {
            return;
        }
        file.append(header.bytes(file.toString()));
        headerWritten = true;
    }

    private void requireHeaderOpen() {
        file.requireUnsealed();
        if (headerWritten) {
            throw new IllegalStateException(
                    file + ": the header is written (expected: declared before the first write)");
        }
    }
}
