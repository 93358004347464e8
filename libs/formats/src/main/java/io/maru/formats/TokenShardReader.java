package io.maru.formats;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
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
    /** Where texts begin. */
    private volatile IntBuffer texts;
    /** Null where every token weighs 1. */
    private volatile ByteBuffer weights;

    /** @param body what follows the header */
    private TokenShardReader(String file, TokenShardHeader header, ByteBuffer body) {
        this.file = file;
        this.header = header;
        int textsAt = (int) header.textsStart() - TokenShardHeader.BYTES;
        int weightsAt = (int) header.weightsStart() - TokenShardHeader.BYTES;
        ByteBuffer tokens = body.slice(0, textsAt).order(ByteOrder.LITTLE_ENDIAN);
        if (header.bytesPerToken() == Short.BYTES) {
            shorts = tokens.asShortBuffer();
        } else {
            ints = tokens.asIntBuffer();
        }
        texts = body.slice(textsAt, weightsAt - textsAt)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer();
        if (header.weighted()) {
            weights = body.slice(weightsAt, body.limit() - weightsAt);
        }
    }

    /** @throws CorruptFileException if the header is damaged or the file has not the size that it tells */
    public static TokenShardReader open(Path path) throws IOException {
        String file = path.toString();
        try (FileChannel channel = FileChannel.open(path, READ)) {
            long size = channel.size();
            byte[] head = Channels.newInputStream(channel).readNBytes(TokenShardHeader.BYTES);
            TokenShardHeader header = TokenShardHeader.parse(head, file);
            if (size != header.fileBytes()) {
                throw new CorruptFileException(
                        file,
                        "size",
                        size + " bytes",
                        header.fileBytes() + " bytes, for " + header.tokenCount() + " tokens in " + header.textCount()
                                + (header.weighted() ? " texts, weighted" : " texts"));
            }
            ByteBuffer body =
                    channel.map(FileChannel.MapMode.READ_ONLY, TokenShardHeader.BYTES, size - TokenShardHeader.BYTES);
            return new TokenShardReader(file, header, body);
        }
    }

    /**
     * The tokens of a text.
     *
     * @param first counted from 0
     * @param end the token after its last
     */
    public record Text(long first, long end) {}

    /**
     * Finds the tokens of a text in a shard that lies elsewhere; reads its header and two numbers.
     *
     * @param text counted from 0
     * @param file its name, for the exception
     * @throws CorruptFileException if the shard is none, or has not so many texts
     */
    public static Text text(SafetensorsFile.Source shard, int text, String file) throws IOException {
        TokenShardHeader header = TokenShardHeader.parse(read(shard, 0, TokenShardHeader.BYTES), file);
        if (text < 0 || text >= header.textCount()) {
            throw new CorruptFileException(file, "texts", Integer.toString(header.textCount()), "more than " + text);
        }
        boolean last = text + 1 == header.textCount();
        ByteBuffer starts = ByteBuffer.wrap(read(
                        shard,
                        header.textsStart() + (long) text * Integer.BYTES,
                        last ? Integer.BYTES : 2 * Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        long first = Integer.toUnsignedLong(starts.getInt());
        long end = last ? header.tokenCount() : Integer.toUnsignedLong(starts.getInt());
        if (end <= first || end > header.tokenCount()) {
            throw new CorruptFileException(
                    file, "text " + text, first + ".." + end, "at least one token of " + header.tokenCount());
        }
        return new Text(first, end);
    }

    private static byte[] read(SafetensorsFile.Source shard, long offset, int length) throws IOException {
        try (InputStream in = shard.open(offset, length)) {
            return in.readNBytes(length);
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
            throw closed();
        }
        requireInVocabulary(at, into, offset, length);
    }

    /**
     * Copies the weights of {@code length} tokens from {@code at} on to {@code into[offset]} and after: how much is learnt
     * from each as a target, from 0 to 1. All are 1 in a shard that tells none.
     *
     * @throws IndexOutOfBoundsException if the shard or {@code into} has not that many
     */
    public void readWeights(long at, float[] into, int offset, int length) {
        Objects.checkFromIndexSize(at, length, header.tokenCount());
        Objects.checkFromIndexSize(offset, length, into.length);
        if (!header.weighted()) {
            Arrays.fill(into, offset, offset + length, 1);
            return;
        }
        ByteBuffer steps = weights;
        if (steps == null) {
            throw closed();
        }
        for (int i = 0; i < length; i++) {
            into[offset + i] = TokenWeight.toFloat(steps.get((int) at + i));
        }
    }

    /**
     * Tells in which text each of {@code length} tokens from {@code at} on stands: texts are counted from 0, in
     * {@code into[offset]} and after. All are in text 0 in a shard that does not tell where texts begin.
     *
     * @throws IndexOutOfBoundsException if the shard or {@code into} has not that many
     * @throws CorruptFileException if a text does not begin after the one before it
     */
    public void readTexts(long at, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(at, length, header.tokenCount());
        Objects.checkFromIndexSize(offset, length, into.length);
        if (header.textCount() == 0 || length == 0) {
            Arrays.fill(into, offset, offset + length, 0);
            return;
        }
        int text = textOf((int) at);
        int end = textEnd(text);
        for (int i = 0; i < length; i++) {
            if (at + i == end) {
                text++;
                end = textEnd(text);
            }
            into[offset + i] = text;
        }
    }

    /** The first token of the text, which is counted from 0; {@link TokenShardHeader#textCount} tells how many there are. */
    public int textStart(int text) {
        Objects.checkIndex(text, header.textCount());
        IntBuffer starts = texts;
        if (starts == null) {
            throw closed();
        }
        int start = starts.get(text);
        long min = text == 0 ? 0 : Math.max(0, starts.get(text - 1)) + 1L;
        if (start < min || start >= header.tokenCount() || text == 0 && start != 0) {
            throw new CorruptFileException(
                    file,
                    "text " + text,
                    "begins at token " + Integer.toUnsignedString(start),
                    text == 0 ? "0" : min + ".." + (header.tokenCount() - 1));
        }
        return start;
    }

    /** The token after the text's last. */
    private int textEnd(int text) {
        return text + 1 < header.textCount() ? textStart(text + 1) : (int) header.tokenCount();
    }

    /** The last text that begins at the token or before it. */
    private int textOf(int token) {
        int low = 0;
        int high = header.textCount() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (textStart(middle) <= token) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        textStart(low);
        return low;
    }

    /** Lets go of the mapping; the JVM unmaps it when it collects the buffers. */
    @Override
    public void close() {
        shorts = null;
        ints = null;
        texts = null;
        weights = null;
    }

    private IllegalStateException closed() {
        return new IllegalStateException(file + ": closed (expected: open)");
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
        int max = Integer.MIN_VALUE;
        for (int i = offset; i < offset + length; i++) {
            max = Math.max(max, tokens[i] ^ flip);
        }
        if (max < (header.vocabularySize() ^ flip)) {
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
