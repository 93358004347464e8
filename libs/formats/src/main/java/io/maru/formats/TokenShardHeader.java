package io.maru.formats;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * The first 64 bytes of a token shard; the tokens follow without a gap. All numbers are little-endian and unsigned.
 *
 * <pre>
 *   at  bytes  what
 *    0      8  "MARUTOKS" in ASCII
 *    8      4  version of this layout: 1
 *   12      4  bytes per token: 2 if the vocabulary has at most 65536 tokens, else 4
 *   16      8  token count
 *   24      4  vocabulary size; every token is below it
 *   28     32  SHA-256 of the tokenizer's tokenizer.json
 *   60      4  CRC-32C of the 60 bytes before
 *   64         tokens
 * </pre>
 *
 * The tokens 5, 1, 258 of a vocabulary of 512, whose tokenizer.json is empty (its digest begins with e3b0), are 70 bytes:
 *
 * <pre>
 *    0  4d 41 52 55 54 4f 4b 53  01 00 00 00  02 00 00 00     MARUTOKS, version 1, 2 bytes a token
 *   16  03 00 00 00 00 00 00 00  00 02 00 00                  3 tokens of a vocabulary of 512
 *   28  e3 b0 c4 42 98 fc 1c 14 9a fb f4 c8 99 6f b9 24 27 ae 41 e4 64 9b 93 4c a4 95 99 1b 78 52 b8 55
 *   60  f1 6a b6 f8                                           CRC-32C
 *   64  05 00  01 00  02 01
 * </pre>
 *
 * In Python, {@code numpy.fromfile(path, "<u2", offset=64)} reads the tokens.
 *
 * @param vocabularySize tokens that the tokenizer knows; at least 1
 * @param tokenCount tokens in the file; the writer fills it in
 * @param tokenizerSha256 digest of the tokenizer.json that made the tokens, 64 lowercase hexadecimal digits
 */
public record TokenShardHeader(int vocabularySize, long tokenCount, String tokenizerSha256) {
    /** Length of the header in the file. */
    public static final int BYTES = 64;

    private static final byte[] MAGIC = "MARUTOKS".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int LARGEST_VOCABULARY_OF_TWO_BYTES = 1 << Short.SIZE;
    private static final int SHA256_BYTES = 32;
    /** A shard is mapped at once, and one mapping of a Java buffer ends there. */
    private static final long LARGEST_FILE_BYTES = Integer.MAX_VALUE;

    public TokenShardHeader {
        if (vocabularySize < 1) {
            throw new IllegalArgumentException("vocabularySize: " + vocabularySize + " (expected: >= 1)");
        }
        Sha256.requireHex(tokenizerSha256, "tokenizerSha256");
        long most = (LARGEST_FILE_BYTES - BYTES) / bytesPerToken(vocabularySize);
        if (tokenCount < 0 || tokenCount > most) {
            throw new IllegalArgumentException("tokenCount: " + tokenCount + " (expected: 0.." + most + ")");
        }
    }

    /** The header of a shard that has no tokens yet. */
    public static TokenShardHeader of(int vocabularySize, String tokenizerSha256) {
        return new TokenShardHeader(vocabularySize, 0, tokenizerSha256);
    }

    /** 2 or 4. */
    public int bytesPerToken() {
        return bytesPerToken(vocabularySize);
    }

    /** Size of the whole shard. */
    public long fileBytes() {
        return BYTES + tokenCount * bytesPerToken();
    }

    TokenShardHeader withTokenCount(long count) {
        return new TokenShardHeader(vocabularySize, count, tokenizerSha256);
    }

    ByteBuffer toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC)
                .putInt(VERSION)
                .putInt(bytesPerToken())
                .putLong(tokenCount)
                .putInt(vocabularySize)
                .put(HexFormat.of().parseHex(tokenizerSha256));
        return bytes.putInt(checksum(bytes)).flip();
    }

    /** @param bytes the first {@link #BYTES} of the file */
    static TokenShardHeader parse(byte[] bytes, String file) {
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
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
        int bytesPerToken = header.getInt();
        long tokenCount = header.getLong();
        int vocabularySize = header.getInt();
        byte[] tokenizerSha256 = new byte[SHA256_BYTES];
        header.get(tokenizerSha256);
        int expected = checksum(header);
        int found = header.getInt();
        if (found != expected) {
            throw corrupt(file, "checksum", Integer.toHexString(found), Integer.toHexString(expected));
        }
        TokenShardHeader parsed;
        try {
            parsed = new TokenShardHeader(
                    vocabularySize, tokenCount, HexFormat.of().formatHex(tokenizerSha256));
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

    /** CRC-32C of what stands before the position. */
    private static int checksum(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().flip());
        return (int) crc.getValue();
    }

    private static int bytesPerToken(int vocabularySize) {
        return vocabularySize <= LARGEST_VOCABULARY_OF_TWO_BYTES ? Short.BYTES : Integer.BYTES;
    }

    private static CorruptFileException corrupt(String file, String place, String found, String expected) {
        return new CorruptFileException(file, "header, " + place, found, expected);
    }
}
