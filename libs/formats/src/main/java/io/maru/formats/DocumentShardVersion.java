package io.maru.formats;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The first 20 bytes of a document shard, which tell its version. They are a skippable frame of zstd, so that tools which
 * know nothing of Maru read the rest.
 */
final class DocumentShardVersion {
    static final int BYTES = 20;

    private static final byte[] MAGIC = "MARUDOCS".getBytes(US_ASCII);
    private static final int VERSION = 2;
    private static final int SKIPPABLE_MAGIC = 0x184D2A50;
    static final int ZSTD_MAGIC = 0xFD2FB528;

    private DocumentShardVersion() {}

    static ByteBuffer frame() {
        return frame(VERSION);
    }

    private static ByteBuffer frame(int version) {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(SKIPPABLE_MAGIC)
                .putInt(MAGIC.length + Integer.BYTES)
                .put(MAGIC)
                .putInt(version)
                .flip();
    }

    /**
     * Reads the version, and leaves {@code shard} where the lines begin.
     *
     * @throws CorruptFileException if it is another one, or there is none
     */
    static void require(InputStream shard, String name) throws IOException {
        byte[] head = shard.readNBytes(BYTES);
        ByteBuffer found = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (head.length >= Integer.BYTES && found.getInt(0) == ZSTD_MAGIC) {
            throw version(name, 1);
        }
        if (head.length < BYTES) {
            throw new CorruptFileException(name, "start", head.length + " bytes", "at least " + BYTES + " bytes");
        }
        int version = found.getInt(BYTES - Integer.BYTES);
        if (!Arrays.equals(head, frame(version).array())) {
            throw new CorruptFileException(
                    name,
                    "start",
                    "magic number " + Integer.toHexString(found.getInt(0)),
                    "a skippable frame of zstd, " + Integer.toHexString(SKIPPABLE_MAGIC) + ", with MARUDOCS");
        }
        if (version != VERSION) {
            throw version(name, version);
        }
    }

    private static CorruptFileException version(String name, int found) {
        return new CorruptFileException(name, "version", Integer.toUnsignedString(found), Integer.toString(VERSION));
    }
}
