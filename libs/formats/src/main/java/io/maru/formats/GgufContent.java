package io.maru.formats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Metadata and tensors as the GGUF file that they make, in the order in which they were added; its layout is with
 * {@link GgufFile}. A tensor's values are made when it is written, one tensor after another, so that no two need be in memory.
 *
 * <p>Not safe for use by several threads.
 */
public final class GgufContent implements Content {
    private static final int PIECE_BYTES = 1 << 18;

    private final Map<String, byte[]> keys = new LinkedHashMap<>();
    private final List<GgufTensorInfo> tensors = new ArrayList<>();
    private final List<Values> values = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** The values of a tensor, which are made anew each time. */
    @FunctionalInterface
    public interface Values {
        /** Hands them on, the last axis fastest, in pieces that are whole rows. */
        void writeTo(Taker taker) throws IOException;
    }

    /** Whoever takes values. */
    @FunctionalInterface
    public interface Taker {
        /** Takes all that remains. */
        void take(FloatBuffer values) throws IOException;
    }

    public GgufContent text(String key, String value) {
        return put(key, GgufValueType.STRING, string(value));
    }

    /** A number without a fraction, of 32 bits and no sign. */
    public GgufContent integer(String key, int value) {
        if (value < 0) {
            throw new IllegalArgumentException("metadata " + key + ": " + value + " (expected: at least 0)");
        }
        return put(key, GgufValueType.U32, little(Integer.BYTES).putInt(value).array());
    }

    public GgufContent number(String key, float value) {
        return put(key, GgufValueType.F32, little(Float.BYTES).putFloat(value).array());
    }

    public GgufContent flag(String key, boolean value) {
        return put(key, GgufValueType.BOOL, new byte[] {(byte) (value ? 1 : 0)});
    }

    public GgufContent texts(String key, List<String> values) {
        ByteArrayOutputStream bytes = array(GgufValueType.STRING, values.size());
        values.forEach(value -> bytes.writeBytes(string(value)));
        return put(key, GgufValueType.ARRAY, bytes.toByteArray());
    }

    public GgufContent numbers(String key, List<Float> values) {
        ByteArrayOutputStream bytes = array(GgufValueType.F32, values.size());
        values.forEach(
                value -> bytes.writeBytes(little(Float.BYTES).putFloat(value).array()));
        return put(key, GgufValueType.ARRAY, bytes.toByteArray());
    }

    public GgufContent integers(String key, List<Integer> values) {
        ByteArrayOutputStream bytes = array(GgufValueType.I32, values.size());
        values.forEach(
                value -> bytes.writeBytes(little(Integer.BYTES).putInt(value).array()));
        return put(key, GgufValueType.ARRAY, bytes.toByteArray());
    }

    /**
     * The next tensor.
     *
     * @param type F32, F16, BF16 or Q8_0
     * @param shape sizes of the axes, outermost first
     * @throws IllegalArgumentException if the name is taken or longer than 64 bytes, or the type another one or not for such rows
     */
    public GgufContent tensor(String name, GgufTensorType type, Values of, long... shape) {
        if (name.getBytes(UTF_8).length > GgufTensorInfo.MAX_NAME_BYTES || !names.add(name)) {
            throw new IllegalArgumentException("tensor: " + name + " (expected: a name that is not taken, of at most "
                    + GgufTensorInfo.MAX_NAME_BYTES + " bytes)");
        }
        if (type == GgufTensorType.Q4_0 || type == GgufTensorType.Q4_1) {
            throw new IllegalArgumentException("tensor " + name + ": " + type + " (expected: F32, F16, BF16 or Q8_0)");
        }
        long begin =
                tensors.isEmpty() ? 0 : aligned(tensors.get(tensors.size() - 1).end());
        tensors.add(new GgufTensorInfo(name, type, shape, begin));
        values.add(of);
        return this;
    }

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        byte[] header = header();
        Sink.writeFully(ByteBuffer.wrap(header), out);
        Sink.writeFully(ByteBuffer.allocate((int) (aligned(header.length) - header.length)), out);
        for (int i = 0; i < tensors.size(); i++) {
            GgufTensorInfo tensor = tensors.get(i);
            long[] left = {tensor.elements()};
            values.get(i).writeTo(piece -> {
                left[0] -= piece.remaining();
                if (left[0] < 0 || piece.remaining() % tensor.rowElements() != 0) {
                    throw new IllegalArgumentException("tensor " + tensor.name() + ": " + piece.remaining()
                            + " values at once (expected: whole rows of it)");
                }
                write(tensor.type(), piece, out);
            });
            if (left[0] != 0) {
                throw new IllegalArgumentException("tensor " + tensor.name() + ": " + left[0]
                        + " values less (expected: " + tensor.elements() + ")");
            }
            Sink.writeFully(ByteBuffer.allocate((int) (aligned(tensor.end()) - tensor.end())), out);
        }
    }

    private static void write(GgufTensorType type, FloatBuffer values, WritableByteChannel out) throws IOException {
        int blocks = PIECE_BYTES / type.blockBytes();
        ByteBuffer piece = little(blocks * type.blockBytes());
        while (values.hasRemaining()) {
            piece.clear();
            type.encode(values, Math.min(values.remaining(), blocks * type.blockElements()), piece);
            Sink.writeFully(piece.flip(), out);
        }
    }

    private byte[] header() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(little(24)
                .putInt(GgufHeader.MAGIC)
                .putInt(GgufHeader.VERSION)
                .putLong(tensors.size())
                .putLong(keys.size())
                .array());
        keys.forEach((key, value) -> {
            bytes.writeBytes(string(key));
            bytes.writeBytes(value);
        });
        for (GgufTensorInfo tensor : tensors) {
            long[] shape = tensor.shape();
            bytes.writeBytes(string(tensor.name()));
            ByteBuffer rest = little(Integer.BYTES + shape.length * Long.BYTES + Integer.BYTES + Long.BYTES);
            rest.putInt(shape.length);
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                rest.putLong(shape[axis]);
            }
            bytes.writeBytes(
                    rest.putInt(tensor.type().code()).putLong(tensor.begin()).array());
        }
        return bytes.toByteArray();
    }

    private GgufContent put(String key, GgufValueType type, byte[] value) {
        byte[] typed = little(Integer.BYTES + value.length)
                .putInt(type.ordinal())
                .put(value)
                .array();
        if (keys.putIfAbsent(key, typed) != null) {
            throw new IllegalArgumentException("metadata: " + key + " again (expected: each key once)");
        }
        return this;
    }

    private static ByteArrayOutputStream array(GgufValueType element, int count) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(little(Integer.BYTES + Long.BYTES)
                .putInt(element.ordinal())
                .putLong(count)
                .array());
        return bytes;
    }

    private static byte[] string(String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        return little(Long.BYTES + utf8.length).putLong(utf8.length).put(utf8).array();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long aligned(long at) {
        return GgufHeader.aligned(at, GgufHeader.DEFAULT_ALIGNMENT);
    }
}
