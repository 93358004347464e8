package io.maru.formats;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** A file on its way to be sealed. Closed before that, it is deleted: half a file must not look like a file. */
final class UnsealedFile implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    /** The digest of what was appended so far. */
    private final MessageDigest digest = Sha256.newDigest();

    private long size;
    private boolean overwritten;
    private boolean writeFailed;
    private boolean sealed;
    private boolean closed;

    private UnsealedFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    static UnsealedFile create(Path path) throws IOException {
        // Not truncated in place: whoever still maps an older file of this name keeps its bytes.
        Files.deleteIfExists(path);
        return new UnsealedFile(path, FileChannel.open(path, CREATE_NEW, WRITE));
    }

    /** Writes all that remains in {@code bytes} at the end of what was written. */
    void append(ByteBuffer bytes) throws IOException {
        requireUnsealed();
        writeFailed = true;
        while (bytes.hasRemaining()) {
            // In pieces: to write a buffer of the heap, a channel sets aside native memory of its size.
            ByteBuffer piece = bytes.slice().limit(Math.min(bytes.remaining(), PIECE_BYTES));
            int written = channel.write(piece);
            // Now, while the processor still has them at hand: to read a large file again costs far more.
            digest.update(piece.flip());
            size += written;
            bytes.position(bytes.position() + written);
        }
        writeFailed = false;
    }

    /** Writes over the first bytes of the file. */
    void overwriteStart(ByteBuffer bytes) throws IOException {
        requireUnsealed();
        overwritten = true;
        writeFailed = true;
        while (bytes.hasRemaining()) {
            channel.write(bytes, bytes.position());
        }
        writeFailed = false;
    }

    /** {@link #append} as a stream, for a codec. Closing it leaves the file open. */
    OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                // A codec writes its last bytes when it is closed, even to a file that was given up.
                if (!closed) {
                    append(ByteBuffer.wrap(bytes, offset, length));
                }
            }
        };
    }

    void requireUnsealed() {
        if (sealed || closed || writeFailed) {
            String state = sealed ? "sealed" : closed ? "closed" : "a write failed";
            throw new IllegalStateException(path + ": " + state + " (expected: open)");
        }
    }

    SealedFile seal() throws IOException {
        requireUnsealed();
        channel.force(true);
        channel.close();
        // The name lives in the folder: without this a power cut can lose a file whose bytes are safe.
        try (FileChannel folder = FileChannel.open(path.toAbsolutePath().getParent(), READ)) {
            folder.force(true);
        }
        SealedFile file = overwritten ? SealedFile.of(path) : new SealedFile(size, Sha256.hex(digest));
        sealed = true;
        return file;
    }

    @Override
    public void close() throws IOException {
        if (sealed || closed) {
            return;
        }
        closed = true;
        channel.close();
        Files.deleteIfExists(path);
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
