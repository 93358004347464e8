package io.maru.formats;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Reads a token shard (see {@link TokenShardHeader}) through a memory mapping: opening costs the header, reading costs
 * the pages that are touched.
 *
 * <p>The header has a checksum and the file must have the size that it tells. Of the tokens, each one that is read is
 * checked to be in the vocabulary; to know of every changed bit use {@link SealedFile#verify} once, when the file
 * arrives. The file must not be truncated while it is open.
 *
 * <p>Safe for use by several threads, as long as none closes it.
 */
public final class TokenShardReader implements AutoCloseable {
    /** Tokens that are widened at a time: small enough to stay in the nearest cache. */
    private static final int CHUNK_TOKENS = 4096;

    private final String file;
    private final TokenShardHeader header;
    /** One of the two is null: tokens have 2 bytes or 4. */
    private volatile ShortBuffer shorts;

    private volatile IntBuffer ints;

    private TokenShardReader(String file, TokenShardHeader header, ByteBuffer tokens) {
        this.file = file;
        this.header = header;
        if (header.bytesPerToken() == Short.BYTES) {
            shorts = tokens.asShortBuffer();
        } else {
            ints = tokens.asIntBuffer();
        }
    }

    /** @throws CorruptFileException if the header is damaged or the file has not the size that it tells */
    public static TokenShardReader open(Path path) throws IOException {
        String file = path.toString();
        try (FileChannel channel = FileChannel.open(path, READ)) {
            long size = channel.size();
            byte[] head = Channels.newInputStream(channel).readNBytes(TokenShardHeader.BYTES);
            if (head.length < TokenShardHeader.BYTES) {
                throw new CorruptFileException(
                        file, "header", head.length + " bytes", TokenShardHeader.BYTES + " bytes");
            }
            TokenShardHeader header = TokenShardHeader.parse(head, file);
            if (size != header.fileBytes()) {
                throw new CorruptFileException(
                        file,
                        "size",
                        size + " bytes",
                        header.fileBytes() + " bytes, for " + header.tokenCount() + " tokens");
            }
            ByteBuffer tokens = channel.map(
                            FileChannel.MapMode.READ_ONLY, TokenShardHeader.BYTES, size - TokenShardHeader.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN);
            return new TokenShardReader(file, header, tokens);
        }
    }

    public TokenShardHeader header() {
        return header;
    }

    public long tokenCount() {
        return header.tokenCount();
    }

    /** The token at {@code at}, counted from 0. For many, {@link #read} is faster. */
    public int token(long at) {
        int[] token = new int[1];
        read(at, token, 0, 1);
        return token[0];
    }

    /**
     * Copies {@code length} tokens from {@code at} on to {@code into[offset]} and after.
     *
     * @throws IndexOutOfBoundsException if the shard or {@code into} has not that many
     * @throws CorruptFileException if one of them is not in the vocabulary
     */
    public void read(long at, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(at, length, header.tokenCount());
        Objects.checkFromIndexSize(offset, length, into.length);
        ShortBuffer narrow = shorts;
        IntBuffer wide = ints;
        if (narrow != null) {
            widen(narrow, (int) at, into, offset, length);
        } else if (wide != null) {
            wide.get((int) at, into, offset, length);
        } else {
            throw new IllegalStateException(file + ": closed (expected: open)");
        }
        requireInVocabulary(at, into, offset, length);
    }

    /** Lets go of the mapping; the JVM unmaps it when it collects the buffers. */
    @Override
    public void close() {
        shorts = null;
        ints = null;
    }

    private static void widen(ShortBuffer from, int at, int[] into, int offset, int length) {
        // Two steps, a bulk copy and a loop over arrays, since the compiler vectorises both but not one over a buffer.
        short[] chunk = new short[Math.min(length, CHUNK_TOKENS)];
        for (int done = 0; done < length; done += chunk.length) {
            int size = Math.min(chunk.length, length - done);
            from.get(at + done, chunk, 0, size);
            for (int i = 0; i < size; i++) {
                into[offset + done + i] = Short.toUnsignedInt(chunk[i]);
            }
        }
    }

    private void requireInVocabulary(long at, int[] tokens, int offset, int length) {
        // Unsigned, so that a token beyond 2^31 is large and not negative.
        int flip = Integer.MIN_VALUE;
        int largest = Integer.MIN_VALUE;
        for (int i = offset; i < offset + length; i++) {
            largest = Math.max(largest, tokens[i] ^ flip);
        }
        if (largest < (header.vocabularySize() ^ flip)) {
            return;
        }
        for (int i = 0; i < length; i++) {
            int token = tokens[offset + i];
            if (Integer.compareUnsigned(token, header.vocabularySize()) >= 0) {
                throw new CorruptFileException(
                        file, "token " + (at + i), Integer.toUnsignedString(token), "below " + header.vocabularySize());
            }
        }
    }
}
