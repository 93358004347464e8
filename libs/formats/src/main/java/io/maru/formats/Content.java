package io.maru.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.security.MessageDigest;

/** The bytes of a file, wherever they lie: they can be written again and again, and are the same each time. */
@FunctionalInterface
public interface Content {
    /** Writes all of it; the channel stays open. */
    void writeTo(WritableByteChannel out) throws IOException;

    /** Opens the bytes of a file that lies on the disk. */
    static Content of(Path file) {
        return new FileContent(file);
    }

    /** Gives bytes in memory, which must not change. */
    static Content of(byte[] bytes) {
        return out -> Sink.writeFully(ByteBuffer.wrap(bytes), out);
    }

    /** Reads all of it, for its size and digest. */
    default SealedFile measure() throws IOException {
        MessageDigest digest = Sha256.newDigest();
        Sink sink = new Sink(digest::update);
        writeTo(sink);
        return new SealedFile(sink.size(), Sha256.hex(digest));
    }

    /** Writes it to a file, which is there only once it is whole; one of this name is replaced. */
    default SealedFile save(Path file) throws IOException {
        try (UnsealedFile unsealed = UnsealedFile.create(file)) {
            writeTo(new Sink(unsealed::append));
            return unsealed.seal();
        }
    }
}
