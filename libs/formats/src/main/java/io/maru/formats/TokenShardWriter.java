package io.maru.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * Writes tokens in the layout of {@link TokenShardHeader}, and where a caller says so the beginnings of texts and the
 * tokens' weights.
 *
 * <p>Tokens go to the file as they come. What stands behind them there is kept in memory until {@link #seal}: 4 bytes for
 * each text, and from the first token with another weight than 1 on one byte for each token.
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
    /** The first token of each text, as many as the header tells. */
    private int[] texts = new int[64];

    private boolean textBegins;
    /** The weight of each token so far; null while all weigh 1. */
    private byte[] weights;

    private TokenShardWriter(UnsealedFile file, TokenShardHeader header) {
        this.file = file;
        this.header = header.with(0, 0, false);
    }

    /** Starts a shard; a file of this name is replaced. The header's counts are not used. */
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
        append(ids, from, to, 1);
    }

    /**
     * {@link #append(int[], int, int)} of tokens that weigh less.
     *
     * @param weight of each of them as a target, from 0, which is not learnt from, to 1; kept to the nearest of 256 steps
     */
    public void append(int[] ids, int from, int to, float weight) throws IOException {
        file.requireUnsealed();
        Objects.checkFromToIndex(from, to, ids.length);
        for (int i = from; i < to; i++) {
            if (ids[i] < 0 || ids[i] >= header.vocabularySize()) {
                throw new IllegalArgumentException(
                        "ids[" + i + "]: " + ids[i] + " (expected: 0.." + (header.vocabularySize() - 1) + ")");
            }
        }
        byte step = TokenWeight.toByte(weight);
        boolean weighted = header.weighted() || to > from && step != TokenWeight.ONE;
        boolean begins = textBegins && to > from;
        int start = (int) header.tokenCount();
        header = header.with(
                header.tokenCount() + to - from, begins ? header.textCount() + 1 : header.textCount(), weighted);
        if (begins) {
            begin(start);
        }
        if (weighted) {
            weigh(start, (int) header.tokenCount(), step);
        }
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

    /**
     * Has the next token begin a text. A shard tells of all its texts or of none, so the first one begins with the first
     * token; a text that gets no token is none.
     *
     * @throws IllegalStateException if there are tokens that are in no text
     */
    public void beginText() {
        file.requireUnsealed();
        if (header.textCount() == 0 && header.tokenCount() > 0) {
            throw new IllegalStateException(
                    file + ": the first text begins at token " + header.tokenCount() + " (expected: token 0)");
        }
        textBegins = true;
    }

    public long tokenCount() {
        return header.tokenCount();
    }

    public SealedFile seal() throws IOException {
        file.requireUnsealed();
        for (int i = 0; i < header.textCount(); i++) {
            if (buffer.remaining() < Integer.BYTES) {
                drain();
            }
            buffer.putInt(texts[i]);
        }
        drain();
        if (weights != null) {
            file.append(ByteBuffer.wrap(weights, 0, (int) header.tokenCount()));
        }
        file.overwriteStart(header.toBytes());
        return file.seal();
    }

    /** Deletes the file unless it is sealed. */
    @Override
    public void close() throws IOException {
        file.close();
    }

    private void begin(int start) {
        int index = header.textCount() - 1;
        if (texts.length == index) {
            texts = Arrays.copyOf(texts, 2 * index);
        }
        texts[index] = start;
        textBegins = false;
    }

    private void weigh(int from, int to, byte step) {
        if (weights == null) {
            weights = new byte[Math.max(to, BUFFER_BYTES)];
            Arrays.fill(weights, 0, from, TokenWeight.ONE);
        }
        if (weights.length < to) {
            weights = Arrays.copyOf(weights, (int) Math.min(Integer.MAX_VALUE - 64, Math.max(to, 2L * weights.length)));
        }
        Arrays.fill(weights, from, to, step);
    }

    private void drain() throws IOException {
        file.append(buffer.flip());
        buffer.clear();
    }
}
