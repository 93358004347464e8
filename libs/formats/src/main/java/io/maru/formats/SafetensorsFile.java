package io.maru.formats;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors) through memory mappings.
 *
 * <pre>
 *   at      bytes  what
 *    0          8  N, little-endian
 *    8          N  JSON, padded with spaces:
 *                  {"__metadata__":{"format":"pt"},
 *                   "wte.weight":{"dtype":"F32","shape":[512,64],"data_offsets":[0,131072]}, ...}
 *    8+N           the tensors, little-endian, the last axis fastest; data_offsets count from here
 * </pre>
 *
 * The tensors cover the rest of the file: no hole, no overlap, no name twice. A header that says otherwise, that is
 * longer than 100,000,000 bytes, or whose numbers do not add up, is refused before a byte of data is read.
 *
 * <p>The file must not be truncated while it is open. Safe for use by several threads, as long as none closes it.
 */
public final class SafetensorsFile implements AutoCloseable {
    /** The key of the header that is no tensor. */
    static final String METADATA = "__metadata__";

    static final int MAX_HEADER_BYTES = 100_000_000;

    static final int MAX_TENSORS = 100_000;
    static final int MAX_NOTES = 10_000;
    /** One mapping of a Java buffer ends there. */
    private static final long MAX_MAPPING_BYTES = Integer.MAX_VALUE;

    private final String file;
    private final Map<String, String> metadata;
    private final Map<String, Tensor> tensors;
    private volatile boolean closed;

    /** @param bytes of the mapping that the tensor lies in; {@code at} of them come before it */
    private record Tensor(TensorInfo info, ByteBuffer bytes, int at) {}

    private SafetensorsFile(String file, Map<String, String> metadata, Map<String, Tensor> tensors) {
        this.file = file;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /** @throws CorruptFileException if the header is not one, or does not fit the file's size */
    public static SafetensorsFile open(Path path) throws IOException {
        String file = path.toString();
        try (FileChannel channel = FileChannel.open(path, READ)) {
            Header header = Header.read((offset, length) -> streamOf(path, offset), channel.size(), file);
            return new SafetensorsFile(file, header.metadata, map(channel, header.dataAt, header.tensors));
        }
    }

    /**
     * Reads the header of a file that lies elsewhere, and no byte of its data.
     *
     * @param size of the whole file in bytes
     * @param file its name, for the exception
     * @throws CorruptFileException if the header is not one, or does not fit the file's size
     */
    public static void requireHeader(Source source, long size, String file) throws IOException {
        Header.read(source, size, file);
    }

    /** A file, wherever it lies. */
    @FunctionalInterface
    public interface Source {
        /** @return a stream that has at least {@code length} bytes from {@code offset} on, if the file has them */
        InputStream open(long offset, long length) throws IOException;
    }

    /** The tensors in the order in which they lie in the file. */
    public List<String> names() {
        return List.copyOf(tensors.keySet());
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /** @throws IllegalArgumentException if the file has no tensor of this name */
    public TensorInfo info(String name) {
        return tensor(name).info();
    }

    /** The notes of the header, as {@code format} is {@code pt}. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * A read-only, little-endian view of a tensor: nothing is copied.
     *
     * @throws IllegalArgumentException if the file has no tensor of this name
     */
    public ByteBuffer bytes(String name) {
        Tensor tensor = tensor(name);
        if (closed) {
            throw new IllegalStateException(file + ": closed (expected: open)");
        }
        return tensor.bytes().slice(tensor.at(), tensor.info().byteSize()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * A copy of a tensor, the last axis fastest. {@link DType#F16} and {@link DType#BF16} are widened, which loses
     * nothing.
     *
     * @throws IllegalArgumentException if the file has no tensor of this name, or it is of another type
     */
    public float[] floats(String name) {
        float[] floats = new float[Math.toIntExact(info(name).elements())];
        floats(name, FloatBuffer.wrap(floats));
        return floats;
    }

    /** {@link #floats(String)} into memory that need not be the JVM's heap; its position moves behind the tensor. */
    public void floats(String name, FloatBuffer into) {
        floats(name, 0, Math.toIntExact(info(name).elements()), into);
    }

    /** Some elements of a tensor, those from {@code first} on. */
    public void floats(String name, int first, int count, FloatBuffer into) {
        TensorInfo info = info(name);
        int size = info.dtype().bytes();
        ByteBuffer bytes = bytes(name).slice(first * size, count * size).order(ByteOrder.LITTLE_ENDIAN);
        switch (info.dtype()) {
            case F32 -> into.put(bytes.asFloatBuffer());
            case F16 -> widenF16(bytes.asShortBuffer(), into);
            case BF16 -> widenBf16(bytes.asShortBuffer(), into);
            default ->
                throw new IllegalArgumentException(
                        file + ": tensor " + name + ": " + info.dtype() + " (expected: F32, F16 or BF16)");
        }
    }

    /** Lets go of the mappings; the JVM unmaps them when it collects the buffers. */
    @Override
    public void close() {
        closed = true;
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    file + ": no tensor " + name + " (expected: one of " + tensors.size() + " names)");
        }
        return tensor;
    }

    /** Not the channel, which would set aside native memory of the header's size. */
    private static InputStream streamOf(Path path, long offset) throws IOException {
        InputStream in = Files.newInputStream(path);
        in.skipNBytes(offset);
        return in;
    }

    private static byte[] readHeader(Source source, long size, String file) throws IOException {
        if (size < Long.BYTES) {
            throw new CorruptFileException(file, "header", size + " bytes", Long.BYTES + " bytes");
        }
        byte[] prefix = readExactly(source, 0, Long.BYTES, file);
        long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        long rest = size - Long.BYTES;
        if (length < 2 || length > MAX_HEADER_BYTES || length > rest) {
            throw new CorruptFileException(
                    file,
                    "header length",
                    Long.toUnsignedString(length),
                    "2.." + Math.max(2, Math.min(MAX_HEADER_BYTES, rest)));
        }
        return readExactly(source, Long.BYTES, (int) length, file);
    }

    private static byte[] readExactly(Source source, long offset, int length, String file) throws IOException {
        byte[] bytes;
        try (InputStream in = source.open(offset, length)) {
            bytes = in.readNBytes(length);
        }
        if (bytes.length < length) {
            throw new CorruptFileException(file, "header", bytes.length + " bytes", length + " bytes");
        }
        return bytes;
    }

    /** Maps the data in as few pieces as buffers of 2 GiB allow, each beginning and ending with a tensor. */
    private static Map<String, Tensor> map(FileChannel channel, long dataAt, List<TensorInfo> infos)
            throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        int first = 0;
        while (first < infos.size()) {
            long begin = infos.get(first).begin();
            int after = first;
            while (after < infos.size() && infos.get(after).end() - begin <= MAX_MAPPING_BYTES) {
                after++;
            }
            long size = infos.get(after - 1).end() - begin;
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, dataAt + begin, size);
            for (TensorInfo info : infos.subList(first, after)) {
                tensors.put(info.name(), new Tensor(info, bytes, (int) (info.begin() - begin)));
            }
            first = after;
        }
        return tensors;
    }

    private static void widenF16(ShortBuffer from, FloatBuffer into) {
        while (from.hasRemaining()) {
            into.put(HalfPrecision.ofF16(from.get()));
        }
    }

    private static void widenBf16(ShortBuffer from, FloatBuffer into) {
        while (from.hasRemaining()) {
            into.put(HalfPrecision.ofBf16(from.get()));
        }
    }

    /** What the JSON says, the tensors sorted by their place. */
    private static final class Header {
        private final String file;
        private final long dataAt;
        private Map<String, String> metadata = Map.of();
        private final List<TensorInfo> tensors = new ArrayList<>();

        private Header(String file, long dataAt) {
            this.file = file;
            this.dataAt = dataAt;
        }

        static Header read(Source source, long size, String file) throws IOException {
            Header header = parse(file, readHeader(source, size, file));
            header.requireCovers(size - header.dataAt);
            return header;
        }

        private static Header parse(String file, byte[] bytes) {
            if (bytes[0] != '{') {
                throw new CorruptFileException(file, "header", "a first byte of " + bytes[0], "{");
            }
            Header header = new Header(file, Long.BYTES + bytes.length);
            try (StrictJson json = new StrictJson(file, "header", bytes, bytes.length)) {
                json.beginObject();
                for (String key = json.nextKey(); key != null; key = json.nextKey()) {
                    if (key.equals(METADATA)) {
                        header.metadata = Map.copyOf(json.strings(MAX_NOTES));
                    } else if (header.tensors.size() == MAX_TENSORS) {
                        throw json.corrupt("more tensors", "at most " + MAX_TENSORS);
                    } else {
                        header.tensors.add(tensor(file, json, key));
                    }
                }
                json.end();
            }
            header.tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
            return header;
        }

        private static TensorInfo tensor(String file, StrictJson json, String name) {
            DType dtype = null;
            long[] shape = null;
            long[] offsets = null;
            json.beginObject();
            try {
                for (String key = json.nextKey(); key != null; key = json.nextKey()) {
                    switch (key) {
                        case "dtype" -> dtype = DType.of(json.string());
                        case "shape" -> shape = json.counts(TensorInfo.MAX_AXES);
                        case "data_offsets" -> offsets = json.counts(2);
                        default -> throw json.corrupt("the key " + key, "dtype, shape or data_offsets");
                    }
                }
                json.required(dtype, "dtype");
                json.required(shape, "shape");
                if (json.required(offsets, "data_offsets").length != 2) {
                    throw json.corrupt(offsets.length + " data_offsets", "2");
                }
                return new TensorInfo(name, dtype, shape, offsets[0], offsets[1]);
            } catch (IllegalArgumentException e) {
                throw new CorruptFileException(file, "tensor " + name, e.getMessage(), "a tensor that adds up", e);
            }
        }

        void requireCovers(long dataBytes) {
            long covered = 0;
            for (TensorInfo tensor : tensors) {
                if (tensor.begin() != covered) {
                    throw new CorruptFileException(
                            file,
                            "tensor " + tensor.name(),
                            "begins at " + tensor.begin(),
                            covered + ", where the tensor before it ends");
                }
                covered = tensor.end();
            }
            if (covered != dataBytes) {
                throw new CorruptFileException(
                        file, "data", dataBytes + " bytes", covered + " bytes, as the header tells");
            }
        }
    }
}
