package io.maru.formats;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * The first 80 bytes of a token shard. The tokens follow without a gap, then the planes that the shard has. All numbers are
 * little-endian and unsigned.
 *
 * <pre>
 *   at  bytes  what
 *    0      8  "MARUTOKS" in ASCII
 *    8      4  version of this layout: 2
 *   12      4  bytes per token: 2 if the vocabulary has at most 65536 tokens, else 4
 *   16      8  token count
 *   24      4  vocabulary size; every token is below it
 *   28     32  SHA-256 of the tokenizer's tokenizer.json
 *   60      4  text count; 0 where nobody said where texts begin
 *   64      4  bytes per weight: 1, or 0 where every token weighs 1
 *   68      8  zeros
 *   76      4  CRC-32C of the 76 bytes before
 *   80         tokens
 *    +      4  for each text, the number of its first token, counted from 0
 *    +      1  for each token, its weight as a target: a byte b stands for b/255
 * </pre>
 *
 * A weight is a byte and not a float32, since a loss is divided by the sum of its weights: only their proportions count, 0
 * and 1 are exact, and a weighted shard of 2 bytes a token is half as large again instead of three times as large.
 *
 * <p>The tokens 5, 1, 258 of a vocabulary of 512, whose tokenizer.json is empty (its digest begins with e3b0), in one text
 * of which the first token is not learnt from, are 93 bytes:
 *
 * <pre>
 *    0  4d 41 52 55 54 4f 4b 53  02 00 00 00  02 00 00 00     MARUTOKS, version 2, 2 bytes a token
 *   16  03 00 00 00 00 00 00 00  00 02 00 00                  3 tokens of a vocabulary of 512
 *   28  e3 b0 c4 42 98 fc 1c 14 9a fb f4 c8 99 6f b9 24 27 ae 41 e4 64 9b 93 4c a4 95 99 1b 78 52 b8 55
 *   60  01 00 00 00  01 00 00 00  00 00 00 00 00 00 00 00     1 text, 1 byte a weight
 *   76  d6 bf f4 24                                           CRC-32C
 *   80  05 00  01 00  02 01                                   the tokens
 *   86  00 00 00 00                                           the text begins with the first of them
 *   90  00 ff ff                                              the weights
 * </pre>
 *
 * In Python, {@code numpy.fromfile(path, "<u2", count, offset=80)} reads the tokens.
 *
 * @param vocabularySize tokens that the tokenizer knows; at least 1
 * @param tokenCount tokens in the file; the writer fills it in
 * @param textCount texts whose beginning the file tells; the writer fills it in
 * @param weighted whether the file tells a weight for each token; the writer fills it in
 * @param tokenizerSha256 digest of the tokenizer.json that made the tokens, 64 lowercase hexadecimal digits
 */
public record TokenShardHeader(
        int vocabularySize, long tokenCount, int textCount, boolean weighted, String tokenizerSha256) {
    /** Length of the header in the file. */
    public static final int BYTES = 80;

    private static final byte[] MAGIC = "MARUTOKS".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final int VERSION_END = 12;
    private static final int MAX_VOCABULARY_OF_TWO_BYTES = 1 << Short.SIZE;
    private static final int SHA256_BYTES = 32;
    /** A shard is mapped at once, and one mapping of a Java buffer ends there. */
    private static final long MAX_FILE_BYTES = Integer.MAX_VALUE;

    public TokenShardHeader {
        if (vocabularySize < 1) {
            throw new IllegalArgumentException("vocabularySize: " + vocabularySize + " (expected: >= 1)");
        }
        Sha256.requireHex(tokenizerSha256, "tokenizerSha256");
        int tokenBytes = bytesPerToken(vocabularySize) + (weighted ? 1 : 0);
        long maxTokens = (MAX_FILE_BYTES - BYTES) / tokenBytes;
        if (tokenCount < 0 || tokenCount > maxTokens) {
            throw new IllegalArgumentException("tokenCount: " + tokenCount + " (expected: 0.." + maxTokens + ")");
        }
        long maxTexts = Math.min(tokenCount, (MAX_FILE_BYTES - BYTES - tokenCount * tokenBytes) / Integer.BYTES);
        if (textCount < 0 || textCount > maxTexts) {
            throw new IllegalArgumentException("textCount: " + textCount + " (expected: 0.." + maxTexts + ")");
        }
    }

    /** The header of a shard that has no tokens yet. */
    public static TokenShardHeader of(int vocabularySize, String tokenizerSha256) {
        return new TokenShardHeader(vocabularySize, 0, 0, false, tokenizerSha256);
    }

    /** Tells how wide a token is in the file: 2 bytes or 4. */
    public int bytesPerToken() {
        return bytesPerToken(vocabularySize);
    }

    /** Size of the whole shard. */
    public long fileBytes() {
        return weightsStart() + (weighted ? tokenCount : 0);
    }

    /** Tells where in the file the beginnings of texts are. */
    long textsStart() {
        return BYTES + tokenCount * bytesPerToken();
    }

    /** Tells where in the file the weights are. */
    long weightsStart() {
        return textsStart() + (long) textCount * Integer.BYTES;
    }

    TokenShardHeader with(long tokens, int texts, boolean weights) {
        return new TokenShardHeader(vocabularySize, tokens, texts, weights, tokenizerSha256);
    }

    ByteBuffer toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC)
                .putInt(VERSION)
                .putInt(bytesPerToken())
                .putLong(tokenCount)
                .putInt(vocabularySize)
                .put(HexFormat.of().parseHex(tokenizerSha256))
                .putInt(textCount)
                .putInt(weighted ? 1 : 0)
                .putLong(0);
        return bytes.putInt(checksum(bytes)).flip();
    }

    /** @param bytes the first {@link #BYTES} of the file, or all that it has */
    static TokenShardHeader parse(byte[] bytes, String file) {
        // The version comes before the length: a shard of an older layout may be shorter than this header.
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        requireLength(bytes, VERSION_END, file);
        byte[] magic = new byte[MAGIC.length];
        header.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            HexFormat hex = HexFormat.of();
            throw corrupt(file, "magic", hex.formatHex(magic), hex.formatHex(MAGIC));
        }
        int version = header.getInt();
        if (version != VERSION) {
            throw corrupt(file, "version", Integer.toUnsignedString(version), Integer.toString(VERSION));
        }
        requireLength(bytes, BYTES, file);
        int bytesPerToken = header.getInt();
        long tokenCount = header.getLong();
        int vocabularySize = header.getInt();
        byte[] tokenizerSha256 = new byte[SHA256_BYTES];
        header.get(tokenizerSha256);
        int textCount = header.getInt();
        int bytesPerWeight = header.getInt();
        long zeros = header.getLong();
        int expected = checksum(header);
        int found = header.getInt();
        if (found != expected) {
            throw corrupt(file, "checksum", Integer.toHexString(found), Integer.toHexString(expected));
        }
        if (bytesPerWeight != 0 && bytesPerWeight != 1) {
            throw corrupt(file, "bytes per weight", Integer.toUnsignedString(bytesPerWeight), "0 or 1");
        }
        if (zeros != 0) {
            throw corrupt(file, "reserved bytes", Long.toHexString(zeros), "0");
        }
        TokenShardHeader parsed;
        try {
            parsed = new TokenShardHeader(
                    vocabularySize,
                    tokenCount,
                    textCount,
                    bytesPerWeight == 1,
                    HexFormat.of().formatHex(tokenizerSha256));
        } catch (IllegalArgumentException e) {
            throw new CorruptFileException(file, "header", e.getMessage(), "a header in its bounds", e);
        }
        if (bytesPerToken != parsed.bytesPerToken()) {
            throw corrupt(
                    file,
                    "bytes per token",
                    Integer.toUnsignedString(bytesPerToken),
                    Integer.toString(parsed.bytesPerToken()));
        }
        return parsed;
    }

    private static void requireLength(byte[] bytes, int length, String file) {
        if (bytes.length < length) {
            throw new CorruptFileException(file, "header", bytes.length + " bytes", BYTES + " bytes");
        }
    }

    /** CRC-32C of what stands before the position. */
    private static int checksum(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().flip());
        return (int) crc.getValue();
    }

    private static int bytesPerToken(int vocabularySize) {
        return vocabularySize <= MAX_VOCABULARY_OF_TWO_BYTES ? Short.BYTES : Integer.BYTES;
    }

    private static CorruptFileException corrupt(String file, String place, String found, String expected) {
        return new CorruptFileException(file, "header, " + place, found, expected);
    }
}
