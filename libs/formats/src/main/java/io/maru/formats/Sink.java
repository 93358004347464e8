package io.maru.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A channel to whatever takes all that remains in a buffer. */
final class Sink implements WritableByteChannel {
    private final Taker taker;
    private long size;

    Sink(Taker taker) {
        this.taker = taker;
    }

    @FunctionalInterface
    interface Taker {
        void take(ByteBuffer bytes) throws IOException;
    }

    /** Writes all that remains in {@code bytes} to any channel. */
    static void writeFully(ByteBuffer bytes, WritableByteChannel out) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** Bytes taken. */
    long size() {
        return size;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        taker.take(bytes);
        size += count;
        return count;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
