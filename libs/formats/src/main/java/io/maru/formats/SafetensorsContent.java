package io.maru.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors as the file in the safetensors format that they make: what {@link SafetensorsWriter} would write, in the order in
 * which they were added. They are read whenever it is written, one after another, so that no two need be in memory.
 *
 * <p>Not safe for use by several threads.
 */
public final class SafetensorsContent implements Content {
    private static final int PIECE_BYTES = 1 << 18;

    private final SafetensorsHeader header = new SafetensorsHeader();
    private final List<Content> tensors = new ArrayList<>();

    /** See {@link SafetensorsWriter#metadata}. */
    public SafetensorsContent metadata(String key, String value) {
        header.metadata(key, value);
        return this;
    }

    /**
     * The next tensor, of {@link DType#F32}.
     *
     * @param values those that remain in it, the last axis fastest
     * @param shape sizes of the axes, outermost first; none for a scalar
     * @throws IllegalArgumentException if the name is taken, the tensor larger than 2 GiB, or the number of values another one
     */
    public SafetensorsContent add(String name, FloatBuffer values, long... shape) {
        TensorInfo tensor = header.declare(name, DType.F32, shape);
        if (values.remaining() != tensor.elements()) {
            throw new IllegalArgumentException(
                    "tensor " + name + ": " + values.remaining() + " values (expected: " + tensor.elements() + ")");
        }
        FloatBuffer kept = values.slice();
        tensors.add(out -> inPieces(kept, piece -> Sink.writeFully(piece, out)));
        return this;
    }

    /**
     * The next tensor.
     *
     * @param values its bytes, little-endian, the last axis fastest
     * @param shape sizes of the axes, outermost first; none for a scalar
     * @throws IllegalArgumentException if the name is taken or the tensor larger than 2 GiB
     */
    public SafetensorsContent add(String name, DType dtype, Content values, long... shape) {
        header.declare(name, dtype, shape);
        tensors.add(values);
        return this;
    }

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        Sink.writeFully(header.bytes("safetensors"), out);
        for (int i = 0; i < tensors.size(); i++) {
            Sink counted = new Sink(piece -> Sink.writeFully(piece, out));
            tensors.get(i).writeTo(counted);
            TensorInfo tensor = header.tensors().get(i);
            if (counted.size() != tensor.byteSize()) {
                throw new IllegalArgumentException("tensor " + tensor.name() + ": " + counted.size()
                        + " bytes (expected: " + tensor.byteSize() + ")");
            }
        }
    }

    /** Hands all that remains in {@code floats} on as little-endian bytes, in pieces; its position stays. */
    static void inPieces(FloatBuffer floats, Sink.Taker taker) throws IOException {
        FloatBuffer source = floats.slice();
        int pieceElements = Math.min(PIECE_BYTES / Float.BYTES, source.capacity());
        ByteBuffer piece =
                ByteBuffer.allocateDirect(pieceElements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < source.capacity(); at += pieceElements) {
            int count = Math.min(pieceElements, source.capacity() - at);
            piece.clear().limit(count * Float.BYTES);
            piece.asFloatBuffer().put(source.slice(at, count));
            taker.take(piece);
        }
    }
}
