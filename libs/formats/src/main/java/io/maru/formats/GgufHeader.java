package io.maru.formats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands before the data of a GGUF file.
 *
 * @param dataAt where the data starts
 */
record GgufHeader(GgufMetadata metadata, List<GgufTensorInfo> tensors, long dataAt) {
    static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;
    static final int VERSION = 3;
    static final String ALIGNMENT = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;

    static final int MAX_BYTES = 100_000_000;
    static final int MAX_KEYS = 10_000;
    static final int MAX_KEY_BYTES = 1 << 16;
    static final int MAX_STRING_BYTES = 1 << 24;
    /** Of all arrays together; the largest published vocabulary, its scores, types and merges take 1.3 million. */
    static final int MAX_ELEMENTS = 1 << 21;

    static final int MAX_TENSORS = 100_000;
    private static final int MAX_ALIGNMENT = 1 << 16;

    /**
     * @param in all bytes of the file; no more are taken than the header has, but for those that the stream itself buffers
     * @param size of the file in bytes
     * @throws CorruptFileException if the header is not one, or does not fit the size
     */
    static GgufHeader read(InputStream in, long size, String file) throws IOException {
        return new Reader(in, size, file).read();
    }

    static long aligned(long at, long alignment) {
        return at + alignment - 1 & -alignment;
    }

    /** Checks every number before anything is made of its size. */
    private static final class Reader {
        private final InputStream in;
        private final long size;
        private final String file;
        private final byte[] number = new byte[Long.BYTES];
        private final ByteBuffer numbers = ByteBuffer.wrap(number).order(ByteOrder.LITTLE_ENDIAN);
        private long at;
        private int elements;

        Reader(InputStream in, long size, String file) {
            this.in = in;
            this.size = size;
            this.file = file;
        }

        GgufHeader read() throws IOException {
            int magic = u32("magic");
            if (magic != MAGIC) {
                throw refusal("magic", "0x" + Integer.toHexString(magic), "0x" + Integer.toHexString(MAGIC) + ", GGUF");
            }
            int version = u32("version");
            if (version != VERSION) {
                throw refusal("version", Integer.toUnsignedString(version), String.valueOf(VERSION));
            }
            // A tensor takes a name, its number of axes, a type and an offset; a key takes itself, a type and a value.
            int tensorCount = count("tensor count", 24, MAX_TENSORS);
            int keyCount = count("key count", 13, MAX_KEYS);
            Map<String, GgufMetadata.Value> values = new LinkedHashMap<>();
            for (int i = 0; i < keyCount; i++) {
                String key = string("key " + i, MAX_KEY_BYTES);
                GgufMetadata.Value value = value("metadata " + key);
                if (values.put(key, value) != null) {
                    throw refusal("key " + i, key + " again", "each key once");
                }
            }
            GgufMetadata metadata = new GgufMetadata(file, values);
            long alignment = metadata.integer(ALIGNMENT, DEFAULT_ALIGNMENT);
            if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
                throw refusal(
                        "metadata " + ALIGNMENT, String.valueOf(alignment), "a power of two, at most " + MAX_ALIGNMENT);
            }
            List<GgufTensorInfo> tensors = tensors(tensorCount);
            long dataAt = aligned(at, alignment);
            requireCovers(tensors, alignment, size - dataAt);
            return new GgufHeader(metadata, tensors, dataAt);
        }

        private List<GgufTensorInfo> tensors(int count) throws IOException {
            Map<String, GgufTensorInfo> tensors = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                String name = string("tensor " + i, GgufTensorInfo.MAX_NAME_BYTES);
                String place = "tensor " + name;
                int axes = u32(place);
                if (axes < 0 || axes > GgufTensorInfo.MAX_AXES) {
                    throw refusal(
                            place, Integer.toUnsignedString(axes) + " axes", "at most " + GgufTensorInfo.MAX_AXES);
                }
                long[] shape = new long[axes];
                for (int axis = axes - 1; axis >= 0; axis--) {
                    shape[axis] = u64(place);
                }
                int code = u32(place);
                GgufTensorType type = GgufTensorType.of(code)
                        .orElseThrow(() -> refusal(
                                place,
                                "the type " + GgufTensorType.describe(code),
                                "F32, F16, BF16, Q4_0, Q4_1 or Q8_0"));
                try {
                    if (tensors.put(name, new GgufTensorInfo(name, type, shape, u64(place))) != null) {
                        throw refusal(place, "again", "each name once");
                    }
                } catch (IllegalArgumentException e) {
                    throw new CorruptFileException(file, place, e.getMessage(), "a tensor that adds up", e);
                }
            }
            return new ArrayList<>(tensors.values());
        }

        /** Each tensor begins where the one before it ends, but for what aligns it. */
        private void requireCovers(List<GgufTensorInfo> tensors, long alignment, long dataBytes) {
            long begin = 0;
            long end = 0;
            for (GgufTensorInfo tensor : tensors) {
                begin = aligned(end, alignment);
                if (tensor.begin() != begin) {
                    throw refusal(
                            "tensor " + tensor.name(),
                            "begins at " + Long.toUnsignedString(tensor.begin()),
                            begin + ", after the tensor before it");
                }
                end = tensor.end();
            }
            if (!tensors.isEmpty() && (dataBytes < end || dataBytes > aligned(end, alignment))) {
                throw refusal("data", Math.max(0, dataBytes) + " bytes", end + " bytes, as the header tells");
            }
        }

        private GgufMetadata.Value value(String place) throws IOException {
            GgufValueType type = type(place);
            if (type != GgufValueType.ARRAY) {
                return new GgufMetadata.Value(type, null, scalar(type, place));
            }
            GgufValueType element = type(place);
            if (element == GgufValueType.ARRAY) {
                throw refusal(place, "an array of arrays", "an array of numbers or strings");
            }
            int count = count(place, element.minBytes(), MAX_ELEMENTS - elements);
            elements += count;
            return new GgufMetadata.Value(type, element, array(element, count, place));
        }

        private Object array(GgufValueType element, int count, String place) throws IOException {
            switch (element) {
                case STRING -> {
                    List<String> texts = new ArrayList<>(count);
                    for (int i = 0; i < count; i++) {
                        texts.add(string(place, MAX_STRING_BYTES));
                    }
                    return List.copyOf(texts);
                }
                case F32 -> {
                    float[] values = new float[count];
                    for (int i = 0; i < count; i++) {
                        values[i] = Float.intBitsToFloat(u32(place));
                    }
                    return values;
                }
                case F64 -> {
                    double[] values = new double[count];
                    for (int i = 0; i < count; i++) {
                        values[i] = Double.longBitsToDouble(u64(place));
                    }
                    return values;
                }
                case BOOL -> {
                    boolean[] values = new boolean[count];
                    for (int i = 0; i < count; i++) {
                        values[i] = flag(place);
                    }
                    return values;
                }
                default -> {
                    long[] values = new long[count];
                    for (int i = 0; i < count; i++) {
                        values[i] = integer(element, place);
                    }
                    return values;
                }
            }
        }

        private Object scalar(GgufValueType type, String place) throws IOException {
            return switch (type) {
                case STRING -> string(place, MAX_STRING_BYTES);
                case F32 -> (double) Float.intBitsToFloat(u32(place));
                case F64 -> Double.longBitsToDouble(u64(place));
                case BOOL -> flag(place);
                default -> integer(type, place);
            };
        }

        private long integer(GgufValueType type, String place) throws IOException {
            take(type.minBytes(), place);
            return switch (type) {
                case U8 -> numbers.get(0) & 0xff;
                case I8 -> numbers.get(0);
                case U16 -> numbers.getShort(0) & 0xffff;
                case I16 -> numbers.getShort(0);
                case U32 -> numbers.getInt(0) & 0xffff_ffffL;
                case I32 -> numbers.getInt(0);
                case U64, I64 -> numbers.getLong(0);
                case F32, BOOL, STRING, ARRAY, F64 ->
                    throw new IllegalArgumentException(type + " (expected: an integer)");
            };
        }

        private boolean flag(String place) throws IOException {
            take(1, place);
            if (number[0] != 0 && number[0] != 1) {
                throw refusal(place, "BOOL " + (number[0] & 0xff), "0 or 1");
            }
            return number[0] == 1;
        }

        private GgufValueType type(String place) throws IOException {
            int code = u32(place);
            GgufValueType[] types = GgufValueType.values();
            if (code < 0 || code >= types.length) {
                throw refusal(place, "the value type " + Integer.toUnsignedString(code), "0.." + (types.length - 1));
            }
            return types[code];
        }

        private String string(String place, int maxBytes) throws IOException {
            int length = count(place, 1, maxBytes);
            if (length == 0) {
                return "";
            }
            byte[] bytes = in.readNBytes(length);
            at += bytes.length;
            if (bytes.length < length) {
                throw refusal(place, "the end of the file", length + " bytes of text");
            }
            try {
                return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            } catch (CharacterCodingException e) {
                throw new CorruptFileException(file, place, "bytes that are no UTF-8", "UTF-8", e);
            }
        }

        /** A number of things that take at least {@code minBytes} each, of which there is room in the rest of the file. */
        private int count(String place, int minBytes, int max) throws IOException {
            long count = u64(place);
            long room = Math.min(max, (size - at) / minBytes);
            if (count < 0 || count > room) {
                throw refusal(place, "a count of " + Long.toUnsignedString(count), "at most " + room);
            }
            return (int) count;
        }

        private int u32(String place) throws IOException {
            take(Integer.BYTES, place);
            return numbers.getInt(0);
        }

        private long u64(String place) throws IOException {
            take(Long.BYTES, place);
            return numbers.getLong(0);
        }

        private void take(int bytes, String place) throws IOException {
            if (at + bytes > MAX_BYTES) {
                throw refusal(place, "byte " + at + " of a header", "at most " + MAX_BYTES);
            }
            int read = in.readNBytes(number, 0, bytes);
            at += read;
            if (read < bytes) {
                throw refusal(place, "the end of the file", bytes + " bytes more");
            }
        }

        private CorruptFileException refusal(String place, String found, String expected) {
            return new CorruptFileException(file, place, found, expected);
        }
    }
}
