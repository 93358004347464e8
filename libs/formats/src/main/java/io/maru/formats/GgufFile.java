package io.maru.formats;

import static java.nio.file.StandardOpenOption.READ;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a GGUF file of version 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), and turns its tensors into
 * float32.
 *
 * <pre>
 *   at      bytes  what, little-endian
 *    0          4  GGUF
 *    4          4  3
 *    8          8  number of tensors
 *   16          8  number of keys
 *   24             each key: a string, a type (4 bytes), a value
 *   then           each tensor: a name, its number of axes (4), their sizes from the innermost (8 each), a type (4), and where
 *                  it begins, counted from the start of the data (8)
 *   then           the tensors, each at a multiple of general.alignment, which is 32 where no key says so
 * </pre>
 *
 * A string is its length (8) and UTF-8; an array is a type (4), a count (8) and the values. A header whose numbers do not fit
 * the file's size is refused before anything is allocated by them, and so is a tensor of a type that is not of
 * {@link GgufTensorType}, by name.
 *
 * <p>Only the header is kept in memory: a vocabulary of 49,152 tokens takes some 10 MB. Safe for use by several threads, as
 * long as none closes it.
 */
public final class GgufFile implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 18;

    private final String file;
    private final FileChannel channel;
    private final GgufMetadata metadata;
    private final Map<String, GgufTensorInfo> tensors = new LinkedHashMap<>();
    private final long dataAt;

    private GgufFile(String file, FileChannel channel, GgufHeader header) {
        this.file = file;
        this.channel = channel;
        metadata = header.metadata();
        dataAt = header.dataAt();
        header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    }

    /** @throws CorruptFileException if the header is not one, or does not fit the file's size */
    public static GgufFile open(Path path) throws IOException {
        GgufHeader header;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            header = GgufHeader.read(in, Files.size(path), path.toString());
        }
        return new GgufFile(path.toString(), FileChannel.open(path, READ), header);
    }

    /** Whether a file that begins with these bytes says that it is GGUF, of whatever version. */
    public static boolean isGguf(byte[] start) {
        return start.length >= Integer.BYTES
                && ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt() == GgufHeader.MAGIC;
    }

    public GgufMetadata metadata() {
        return metadata;
    }

    /** The tensors in the order in which they lie in the file. */
    public List<String> names() {
        return List.copyOf(tensors.keySet());
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /** @throws IllegalArgumentException if the file has no tensor of this name */
    public GgufTensorInfo info(String name) {
        GgufTensorInfo tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    file + ": no tensor " + name + " (expected: one of " + tensors.size() + " names)");
        }
        return tensor;
    }

    /**
     * A tensor, the last axis fastest, into memory that need not be the JVM's heap; its position moves behind the tensor.
     *
     * @throws IllegalArgumentException if the file has no tensor of this name
     */
    public void floats(String name, FloatBuffer into) throws IOException {
        GgufTensorInfo tensor = info(name);
        read(tensor, 0, Math.toIntExact(tensor.elements()), into);
    }

    /** Some rows of a tensor, that is of its innermost axis, counted over all other axes. */
    public void rows(String name, long first, int count, FloatBuffer into) throws IOException {
        GgufTensorInfo tensor = info(name);
        long rows = tensor.elements() / tensor.rowElements();
        if (first < 0 || count < 0 || first > rows - count) {
            throw new IllegalArgumentException(file + ": tensor " + name + ": " + count + " rows from " + first
                    + " (expected: within " + rows + ")");
        }
        read(tensor, first * tensor.rowElements(), Math.toIntExact(count * tensor.rowElements()), into);
    }

    /** @param first a multiple of the block, as {@code count} is */
    private void read(GgufTensorInfo tensor, long first, int count, FloatBuffer into) throws IOException {
        if (into.remaining() < count) {
            throw new IllegalArgumentException(file + ": tensor " + tensor.name() + ": room for " + into.remaining()
                    + " values (expected: " + count + ")");
        }
        GgufTensorType type = tensor.type();
        long bytes = (long) count / type.blockElements() * type.blockBytes();
        long from = dataAt + tensor.begin() + first / type.blockElements() * type.blockBytes();
        int pieceBytes = (int) Math.min(bytes, PIECE_BYTES / type.blockBytes() * type.blockBytes());
        ByteBuffer piece = ByteBuffer.allocate(pieceBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long done = 0; done < bytes; done += piece.limit()) {
            piece.clear().limit((int) Math.min(pieceBytes, bytes - done));
            while (piece.hasRemaining()) {
                int read = channel.read(piece, from + done + piece.position());
                if (read < 0) {
                    // It was whole when it was opened.
                    throw new CorruptFileException(
                            file, "tensor " + tensor.name(), "the end of the file", piece.remaining() + " bytes more");
                }
            }
            type.decode(piece.flip(), into);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
