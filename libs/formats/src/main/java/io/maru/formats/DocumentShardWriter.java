package io.maru.formats;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes documents as JSON lines in one zstd frame (RFC 8878), behind a skippable frame that tells the version.
 *
 * <pre>
 *   at  bytes  what
 *    0      4  0x184D2A50, a skippable frame, little-endian as all numbers
 *    4      4  12, its length
 *    8      8  "MARUDOCS" in ASCII
 *   16      4  version of this layout: 2
 *   20         a zstd frame with a content checksum, of the lines
 *
 *   {"id":"2cf24dba5fb0a30e26e83b2ac5b9e29e","kind":"prose","text":"hello"}\n
 *   {"id":"...","text":"a line break is \n, so a line is a document"}\n
 *   {"id":"...","prompt":"What is a maru?","completion":" A floor."}\n
 *   {"id":"...","messages":[{"role":"user","content":"What is a maru?"},{"role":"assistant","content":"A floor."}]}\n
 * </pre>
 *
 * Keys stand in this order, the kind only where the document has one, nothing is padded, characters outside ASCII are not
 * escaped, every line ends with a line feed and takes at most {@link Document#MAX_LINE_BYTES} bytes. Equal documents in
 * equal order give equal bytes (with one version of zstd). {@code zstd -dc shard | jq .} reads it.
 *
 * <p>Not safe for use by several threads.
 */
public final class DocumentShardWriter implements AutoCloseable {
    private static final int COMPRESSION_LEVEL = 3;

    private final UnsealedFile file;
    private final ZstdOutputStreamNoFinalizer out;
    private long textBytes;
    private long documents;

    private DocumentShardWriter(UnsealedFile file) throws IOException {
        this.file = file;
        file.append(DocumentShardVersion.frame());
        this.out = new ZstdOutputStreamNoFinalizer(file.stream(), COMPRESSION_LEVEL);
        out.setChecksum(true);
    }

    /** Starts a shard; a file of this name is replaced. */
    public static DocumentShardWriter create(Path path) throws IOException {
        return new DocumentShardWriter(UnsealedFile.create(path));
    }

    /** @throws IllegalArgumentException if the document's line is longer than {@link Document#MAX_LINE_BYTES} */
    public void append(Document document) throws IOException {
        file.requireUnsealed();
        byte[] line = line(document);
        if (line.length > Document.MAX_LINE_BYTES) {
            throw new IllegalArgumentException("document " + document.id() + ": a line of " + line.length
                    + " bytes (expected: at most " + Document.MAX_LINE_BYTES + ")");
        }
        out.write(line);
        documents++;
        textBytes += document.textBytes();
    }

    /** The UTF-8 bytes of the texts so far, before compression and without JSON. */
    public long textBytes() {
        return textBytes;
    }

    public long documents() {
        return documents;
    }

    public SealedFile seal() throws IOException {
        file.requireUnsealed();
        out.close();
        return file.seal();
    }

    /** Deletes the file unless it is sealed. */
    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            out.close();
        }
    }

    private static byte[] line(Document document) {
        return (DocumentJson.write(document) + '\n').getBytes(StandardCharsets.UTF_8);
    }
}
