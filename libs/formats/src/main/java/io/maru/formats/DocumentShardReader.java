package io.maru.formats;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Reads what {@link DocumentShardWriter} wrote, one document at a time and with memory for one line.
 *
 * <p>{@link #hasNext} and {@link #next} throw {@link CorruptFileException} at the first line that is not a document,
 * and {@link UncheckedIOException} if the disk or the network fails. A shard that was truncated or changed is noticed at
 * the latest at its end, where the checksum is; use {@link SealedFile#verify} to know before the first document.
 *
 * <p>Not safe for use by several threads.
 */
public final class DocumentShardReader implements AutoCloseable, Iterator<Document> {
    /** The window that RFC 8878 (3.1.1.1.2) wants of every decoder, 8 MiB; a file cannot ask for more memory. */
    private static final int MAX_WINDOW_LOG = 23;

    private static final int BUFFER_BYTES = 1 << 16;

    private final String file;
    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private final Line line = new Line();
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private CharBuffer chars = CharBuffer.allocate(BUFFER_BYTES);
    private long lines;
    private Document ahead;
    private boolean ended;
    private CorruptFileException failure;

    private DocumentShardReader(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    public static DocumentShardReader open(Path path) throws IOException {
        return open(Files.newInputStream(path), path.toString());
    }

    /** Reads a shard that is not a file here; closing the reader closes {@code in}. */
    public static DocumentShardReader open(InputStream in) throws IOException {
        return open(in, "document shard");
    }

    /** @param name of the shard, for the text of errors */
    public static DocumentShardReader open(InputStream in, String name) throws IOException {
        InputStream compressed = new BufferedInputStream(in, BUFFER_BYTES);
        try {
            DocumentShardVersion.require(compressed, name);
            requireFrame(compressed, name);
            ZstdInputStreamNoFinalizer lines = new ZstdInputStreamNoFinalizer(compressed);
            lines.setLongMax(MAX_WINDOW_LOG);
            return new DocumentShardReader(name, lines);
        } catch (IOException | RuntimeException e) {
            compressed.close();
            throw e;
        }
    }

    /** The codec reads nothing as an empty stream; but a sealed shard without documents still has a frame. */
    private static void requireFrame(InputStream compressed, String name) throws IOException {
        compressed.mark(Integer.BYTES);
        byte[] magic = compressed.readNBytes(Integer.BYTES);
        compressed.reset();
        if (magic.length < Integer.BYTES) {
            throw new CorruptFileException(name, "start", magic.length + " bytes", "a zstd frame");
        }
        int found = ByteBuffer.wrap(magic).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (found != DocumentShardVersion.ZSTD_MAGIC) {
            throw new CorruptFileException(
                    name,
                    "start",
                    "magic number " + Integer.toHexString(found),
                    "zstd's " + Integer.toHexString(DocumentShardVersion.ZSTD_MAGIC));
        }
    }

    @Override
    public boolean hasNext() {
        if (failure != null) {
            throw failure;
        }
        if (ahead == null && !ended) {
            try {
                ahead = read();
            } catch (CorruptFileException e) {
                // Whoever asks again must not get the lines after it, as if this one were not.
                failure = e;
                throw e;
            }
            ended = ahead == null;
        }
        return ahead != null;
    }

    @Override
    public Document next() {
        if (!hasNext()) {
            throw new NoSuchElementException(file + ": no document after line " + lines);
        }
        Document document = ahead;
        ahead = null;
        return document;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** The document of the next line; null at the end of the shard. */
    private Document read() {
        line.reset();
        while (true) {
            if (position == limit && !fill()) {
                if (line.size() > 0) {
                    throw corrupt("a line that does not end", "a line feed", null);
                }
                return null;
            }
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (line.size() + end - position >= Document.MAX_LINE_BYTES) {
                throw corrupt("a longer line", "at most " + Document.MAX_LINE_BYTES + " bytes", null);
            }
            line.write(buffer, position, end - position);
            position = end;
            if (end < limit) {
                position++;
                Document document = parse();
                lines++;
                return document;
            }
        }
    }

    /** Whether there are more bytes. */
    private boolean fill() {
        try {
            position = 0;
            limit = Math.max(0, in.read(buffer));
            return limit > 0;
        } catch (ZstdIOException e) {
            throw corrupt(e.getMessage(), "a whole zstd frame", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    private Document parse() {
        String id = null;
        String kind = "";
        DocumentJson.Body body = new DocumentJson.Body();
        try (StrictJson json = new StrictJson(file, place(), decoded())) {
            json.beginObject();
            for (String key = json.nextKey(); key != null; key = json.nextKey()) {
                switch (key) {
                    case "id" -> id = json.string();
                    case "kind" -> kind = json.string();
                    default -> {
                        if (!body.read(key, json)) {
                            throw json.corrupt("the key " + key, "id, kind, " + DocumentJson.KEYS);
                        }
                    }
                }
            }
            json.end();
            return new Document(json.required(id, "id"), kind, body.get(json));
        } catch (IllegalArgumentException e) {
            throw corrupt(e.getMessage(), "a document", e);
        }
    }

    /** The line's characters, until the next line. */
    private CharBuffer decoded() {
        if (chars.capacity() < line.size()) {
            chars = CharBuffer.allocate(Math.max(line.size(), 2 * chars.capacity()));
        }
        chars.clear();
        // It refuses bytes that are no UTF-8; a charset would replace them.
        CoderResult result = decoder.reset().decode(ByteBuffer.wrap(line.bytes(), 0, line.size()), chars, true);
        if (result.isError()) {
            throw new CorruptFileException(
                    file, place() + ", character " + chars.position(), "bytes that are no UTF-8", "UTF-8");
        }
        return chars.flip();
    }

    private String place() {
        return "line " + (lines + 1);
    }

    private CorruptFileException corrupt(String found, String expected, Throwable cause) {
        return new CorruptFileException(file, place(), found, expected, cause);
    }

    /** Lends its bytes, which {@link ByteArrayOutputStream} only copies. */
    private static final class Line extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }
    }
}
