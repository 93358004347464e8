package io.maru.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Writes tokens in the layout of {@link TokenShardHeader}.
 *
 * <p>The header's place holds zeros until {@link #seal}, so a file that a crash left behind is no shard to any reader.
 *
 * <p>Not safe for use by several threads.
 */
public final class TokenShardWriter implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final UnsealedFile file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    /** The header of what was appended so far. */
    private TokenShardHeader header;

    private TokenShardWriter(UnsealedFile file, TokenShardHeader header) {
        this.file = file;
        this.header = header.withTokenCount(0);
    }

    /** Starts a shard; a file of this name is replaced. The header's token count is not used. */
    public static TokenShardWriter create(Path path, TokenShardHeader header) throws IOException {
        TokenShardWriter writer = new TokenShardWriter(UnsealedFile.create(path), header);
        writer.buffer.put(new byte[TokenShardHeader.BYTES]);
        return writer;
    }

    /**
     * Appends {@code ids[from]} to {@code ids[to - 1]}, all of them or none.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary, or the shard would pass 2 GiB
     */
    public void append(int[] ids, int from, int to) throws IOException {
        file.requireUnsealed();
        Objects.checkFromToIndex(from, to, ids.length);
        for (int i = from; i < to; i++) {
            if (ids[i] < 0 || ids[i] >= header.vocabularySize()) {
                throw new IllegalArgumentException(
                        "ids[" + i + "]: " + ids[i] + " (expected: 0.." + (header.vocabularySize() - 1) + ")");
            }
        }
        header = header.withTokenCount(header.tokenCount() + to - from);
        boolean twoBytes = header.bytesPerToken() == Short.BYTES;
        for (int i = from; i < to; i++) {
            if (buffer.remaining() < Integer.BYTES) {
                drain();
            }
            if (twoBytes) {
                buffer.putShort((short) ids[i]);
            } else {
                buffer.putInt(ids[i]);
            }
        }
    }

    public long tokenCount() {
        return header.tokenCount();
    }

    public SealedFile seal() throws IOException {
        file.requireUnsealed();
        drain();
        file.overwriteStart(header.toBytes());
        return file.seal();
    }

    /** Deletes the file unless it is sealed. */
    @Override
    public void close() throws IOException {
        file.close();
    }

    private void drain() throws IOException {
        file.append(buffer.flip());
        buffer.clear();
    }
}
