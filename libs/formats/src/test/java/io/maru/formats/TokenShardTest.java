package io.maru.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenShardTest {
    private static final String TOKENIZER = Sha256.of(new byte[0]);

    /** By src/test/reference/make_shards.py; the first is the example in TokenShardHeader's documentation. */
    private static final String TWO_BYTES_BY_PYTHON = "4d415255544f4b530100000002000000030000000000000000020000"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855f16ab6f8050001000201";

    private static final String FOUR_BYTES_BY_PYTHON = "4d415255544f4b5301000000040000000300000000000000a0860100"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855ebb8c903000000000000"
            + "01009f860100";

    @TempDir
    private Path folder;

    @Test
    void writesTwoBytesATokenForASmallVocabulary() throws IOException {
        Path shard = write(512, 5, 1, 258);
        assertThat(hex(shard)).isEqualTo(TWO_BYTES_BY_PYTHON);
    }

    @Test
    void writesFourBytesATokenForALargeVocabulary() throws IOException {
        Path shard = write(100_000, 0, 65_536, 99_999);
        assertThat(hex(shard)).isEqualTo(FOUR_BYTES_BY_PYTHON);
    }

    @Test
    void widensToFourBytesAboveTheLargestUnsignedShort() throws IOException {
        try (TokenShardReader reader = TokenShardReader.open(write(65_536, 0, 65_535, 32_768))) {
            assertThat(reader.header().bytesPerToken()).isEqualTo(2);
            assertThat(reader.token(1)).isEqualTo(65_535);
            assertThat(reader.token(2)).isEqualTo(32_768);
        }
        assertThat(TokenShardHeader.of(65_537, TOKENIZER).bytesPerToken()).isEqualTo(4);
    }

    @Test
    void readsBackWhatWasWrittenInPieces() throws IOException {
        for (int vocabularySize : new int[] {50_257, 128_256}) {
            int[] tokens = new Random(3).ints(100_000, 0, vocabularySize).toArray();
            Path path = folder.resolve("shard");
            SealedFile sealed;
            try (TokenShardWriter writer =
                    TokenShardWriter.create(path, TokenShardHeader.of(vocabularySize, TOKENIZER))) {
                writer.append(tokens, 0, 1);
                writer.append(tokens, 1, 70_001);
                writer.append(tokens, 70_001, 100_000);
                assertThat(writer.tokenCount()).isEqualTo(tokens.length);
                sealed = writer.seal();
            }
            sealed.verify(path);

            int[] read = new int[100_002];
            try (TokenShardReader reader = TokenShardReader.open(path)) {
                assertThat(reader.header()).isEqualTo(new TokenShardHeader(vocabularySize, 100_000, TOKENIZER));
                reader.read(0, read, 1, 100_000);
                int[] some = new int[10_000];
                reader.read(12_345, some, 0, some.length);
                assertThat(some).isEqualTo(Arrays.copyOfRange(tokens, 12_345, 22_345));
            }
            assertThat(Arrays.copyOfRange(read, 1, 100_001)).isEqualTo(tokens);
            assertThat(read[0]).isZero();
            assertThat(read[100_001]).isZero();
        }
    }

    @Test
    void equalTokensGiveEqualBytesHoweverTheyArrive() throws IOException {
        Path path = folder.resolve("other");
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(512, TOKENIZER))) {
            writer.append(new int[] {9, 5, 1}, 1, 3);
            writer.append(new int[] {258}, 0, 1);
            assertThat(writer.seal()).isEqualTo(SealedFile.of(write(512, 5, 1, 258)));
        }
    }

    @Test
    void refusesATokenThatIsNotInTheVocabulary() throws IOException {
        try (TokenShardWriter writer =
                TokenShardWriter.create(folder.resolve("shard"), TokenShardHeader.of(512, TOKENIZER))) {
            assertThatThrownBy(() -> writer.append(new int[] {1, 512}, 0, 2))
                    .hasMessage("ids[1]: 512 (expected: 0..511)");
            assertThatThrownBy(() -> writer.append(new int[] {-1}, 0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThat(writer.tokenCount()).isZero();
        }
    }

    @Test
    void namesTheTokenOfAChangedShardThatIsNotInTheVocabulary() throws IOException {
        Path narrow = write(512, 5, 1, 258);
        change(narrow, TokenShardHeader.BYTES + 3, 0xff);
        try (TokenShardReader reader = TokenShardReader.open(narrow)) {
            assertThat(reader.token(0)).isEqualTo(5);
            assertThatThrownBy(() -> reader.read(0, new int[3], 0, 3))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessage(narrow + ": token 1: 65281 (expected: below 512)");
        }

        Path wide = write(100_000, 0, 65_536, 99_999);
        change(wide, TokenShardHeader.BYTES + 7, 0xff);
        try (TokenShardReader reader = TokenShardReader.open(wide)) {
            assertThatThrownBy(() -> reader.token(1))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("token 1: " + (0xff000000L + 65_536));
        }
    }

    @Test
    void refusesToReadBeyondTheEnd() throws IOException {
        try (TokenShardReader reader = TokenShardReader.open(write(512, 5, 1, 258))) {
            assertThatThrownBy(() -> reader.token(3)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> reader.token(-1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> reader.read(2, new int[5], 0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> reader.read(0, new int[1], 0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void refusesToReadOnceClosed() throws IOException {
        TokenShardReader reader = TokenShardReader.open(write(512, 5, 1, 258));
        reader.close();
        assertThatThrownBy(() -> reader.token(0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aShardThatWasNeverSealedIsNoShard() throws IOException {
        Path path = folder.resolve("shard");
        byte[] crashed;
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(512, TOKENIZER))) {
            writer.append(new int[100_000], 0, 100_000);
            crashed = Files.readAllBytes(path);
        }
        assertThat(path).doesNotExist();
        assertThat(crashed).hasSizeGreaterThan(TokenShardHeader.BYTES);

        Files.write(path, crashed);
        assertThatThrownBy(() -> TokenShardReader.open(path))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("magic: 0000000000000000 (expected: 4d415255544f4b53)");
    }

    @Test
    void refusesAHeaderThatDoesNotFitTheFile() throws IOException {
        Path shard = write(512, 5, 1, 258);
        Files.write(shard, new byte[] {0, 0}, StandardOpenOption.APPEND);
        assertThatThrownBy(() -> TokenShardReader.open(shard))
                .hasMessage(shard + ": size: 72 bytes (expected: 70 bytes, for 3 tokens)");
    }

    @Test
    void refusesAHostileHeaderThoughItsChecksumIsRight() throws IOException {
        // What: offset in the header, bytes that an attacker puts there.
        assertHostile(8, "02000000", "version");
        assertHostile(12, "04000000", "bytes per token");
        assertHostile(16, "ffffffffffffff7f", "tokenCount");
        assertHostile(16, "ffffffffffffffff", "tokenCount");
        assertHostile(16, "0300000001000000", "tokenCount");
        assertHostile(24, "00000000", "vocabularySize");
        assertHostile(24, "ffffffff", "vocabularySize");
    }

    private void assertHostile(int at, String bytes, String complaint) throws IOException {
        byte[] file = HexFormat.of().parseHex(TWO_BYTES_BY_PYTHON);
        byte[] change = HexFormat.of().parseHex(bytes);
        System.arraycopy(change, 0, file, at, change.length);
        CRC32C crc = new CRC32C();
        crc.update(file, 0, 60);
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(60, (int) crc.getValue());
        Path hostile = Files.write(folder.resolve("hostile"), file);
        assertThatThrownBy(() -> TokenShardReader.open(hostile))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(complaint);
    }

    private Path write(int vocabularySize, int... tokens) throws IOException {
        Path path = folder.resolve("shard-" + vocabularySize);
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(vocabularySize, TOKENIZER))) {
            writer.append(tokens, 0, tokens.length);
            writer.seal();
        }
        return path;
    }

    private static void change(Path file, int at, int value) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] = (byte) value;
        Files.write(file, bytes);
    }

    private static String hex(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
