package io.maru.formats;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** This content lies in a file on the disk. */
record FileContent(Path file) implements Content {
    private static final int PIECE_BYTES = 1 << 18;

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
        try (FileChannel in = FileChannel.open(file, READ)) {
            while (in.read(piece.clear()) >= 0) {
                Sink.writeFully(piece.flip(), out);
            }
        }
    }
}
