package io.maru.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenShardTest {
    private static final String TOKENIZER = Sha256.of(new byte[0]);

    /** By src/test/reference/make_shards.py; the last but one is the example in TokenShardHeader's documentation. */
    private static final String TWO_BYTES_BY_PYTHON =
            "4d415255544f4b530200000002000000030000000000000000020000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
                    + "a495991b7852b85500000000000000000000000000000000186689e7050001000201";

    private static final String FOUR_BYTES_BY_PYTHON =
            "4d415255544f4b5302000000040000000300000000000000a0860100e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
                    + "a495991b7852b855000000000000000000000000000000003f122bf500000000000001009f860100";

    private static final String WEIGHTED_BY_PYTHON =
            "4d415255544f4b530200000002000000030000000000000000020000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
                    + "a495991b7852b85501000000010000000000000000000000d6bff4240500010002010000000000ffff";

    private static final String TWO_TEXTS_BY_PYTHON =
            "4d415255544f4b530200000002000000030000000000000000020000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
                    + "a495991b7852b8550200000001000000000000000000000025df0c370500010002010000000002000000ffff80";

    /** The first of them as it was in version 1. */
    private static final String VERSION_1 = "4d415255544f4b530100000002000000030000000000000000020000"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855f16ab6f8050001000201";

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
    void widensToFourBytesAboveAnUnsignedShort() throws IOException {
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
                assertThat(reader.header())
                        .isEqualTo(new TokenShardHeader(vocabularySize, 100_000, 0, false, TOKENIZER));
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
                .hasMessage(shard + ": size: 88 bytes (expected: 86 bytes, for 3 tokens in 0 texts)");
    }

    @Test
    void refusesAHostileHeaderThoughItsChecksumIsRight() throws IOException {
        // What: offset in the header, bytes that an attacker puts there.
        assertHostile(8, "03000000", "version: 3 (expected: 2)");
        assertHostile(12, "04000000", "bytes per token");
        assertHostile(16, "ffffffffffffff7f", "tokenCount");
        assertHostile(16, "ffffffffffffffff", "tokenCount");
        assertHostile(16, "0300000001000000", "tokenCount");
        assertHostile(24, "00000000", "vocabularySize");
        assertHostile(24, "ffffffff", "vocabularySize");
        assertHostile(60, "04000000", "textCount");
        assertHostile(60, "ffffffff", "textCount");
        assertHostile(64, "02000000", "bytes per weight");
        assertHostile(68, "0100000000000000", "reserved bytes");
    }

    @Test
    void refusesAShardOfTheVersionBeforeByItsNumber() throws IOException {
        Path old = Files.write(folder.resolve("old"), HexFormat.of().parseHex(VERSION_1));
        assertThatThrownBy(() -> TokenShardReader.open(old))
                .isInstanceOf(CorruptFileException.class)
                .hasMessage(old + ": header, version: 1 (expected: 2)");
    }

    @Test
    void writesWhereTextsBeginAndWhatTokensWeigh() throws IOException {
        Path path = folder.resolve("planes");
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(512, TOKENIZER))) {
            writer.beginText();
            writer.append(new int[] {5}, 0, 1, 0);
            writer.append(new int[] {1, 258}, 0, 2);
            writer.seal().verify(path);
        }
        assertThat(hex(path)).isEqualTo(WEIGHTED_BY_PYTHON);

        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(512, TOKENIZER))) {
            writer.beginText();
            writer.append(new int[] {5, 1}, 0, 2);
            writer.beginText();
            writer.append(new int[] {258}, 0, 1, 0.5f);
            writer.seal().verify(path);
        }
        assertThat(hex(path)).isEqualTo(TWO_TEXTS_BY_PYTHON);
    }

    @Test
    void readsWhereTextsBeginAndWhatTokensWeigh() throws IOException {
        int count = 100_000;
        Random random = new Random(5);
        int[] texts = new int[count];
        float[] weights = new float[count];
        List<Integer> starts = new ArrayList<>();
        Path path = folder.resolve("shard");
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(70_000, TOKENIZER))) {
            for (int done = 0; done < count; ) {
                int length = Math.min(count - done, 1 + random.nextInt(50));
                writer.beginText();
                starts.add(done);
                float weight = random.nextInt(3) / 2f;
                Arrays.fill(texts, done, done + length, starts.size() - 1);
                Arrays.fill(weights, done, done + length, weight);
                writer.append(new int[length], 0, length, weight);
                done += length;
            }
            writer.seal().verify(path);
        }
        try (TokenShardReader reader = TokenShardReader.open(path)) {
            assertThat(reader.header().textCount()).isEqualTo(starts.size());
            assertThat(reader.textStart(17)).isEqualTo(starts.get(17));
            for (int at : new int[] {0, 1, 49, 50, 12_345, count - 1_000}) {
                int[] readTexts = new int[1_002];
                reader.readTexts(at, readTexts, 1, 1_000);
                assertThat(Arrays.copyOfRange(readTexts, 1, 1_001))
                        .isEqualTo(Arrays.copyOfRange(texts, at, at + 1_000));
                float[] readWeights = new float[1_002];
                reader.readWeights(at, readWeights, 1, 1_000);
                assertThat(Arrays.copyOfRange(readWeights, 1, 1_001))
                        .usingComparatorWithPrecision(1 / 255f)
                        .containsExactly(Arrays.copyOfRange(weights, at, at + 1_000));
                // What is not learnt from, and what is learnt from whole, are exact.
                for (int i = 0; i < 1_000; i++) {
                    if (weights[at + i] != 0.5f) {
                        assertThat(readWeights[1 + i]).isEqualTo(weights[at + i]);
                    }
                }
            }
        }
    }

    @Test
    void aShardWithoutPlanesIsOneTextOfTokensThatAllWeighOne() throws IOException {
        try (TokenShardReader reader = TokenShardReader.open(write(512, 5, 1, 258))) {
            assertThat(reader.header().textCount()).isZero();
            assertThat(reader.header().weighted()).isFalse();
            float[] weights = new float[3];
            reader.readWeights(0, weights, 0, 3);
            assertThat(weights).containsExactly(1, 1, 1);
            int[] texts = {9, 9, 9};
            reader.readTexts(0, texts, 0, 3);
            assertThat(texts).containsExactly(0, 0, 0);
        }
    }

    @Test
    void tokensThatAllWeighOneTakeNoPlane() throws IOException {
        Path path = folder.resolve("other");
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(512, TOKENIZER))) {
            writer.append(new int[] {5, 1, 258}, 0, 3, 1);
            writer.append(new int[0], 0, 0, 0);
            assertThat(writer.seal()).isEqualTo(SealedFile.of(write(512, 5, 1, 258)));
        }
    }

    @Test
    void aTextWithoutTokensIsNone() throws IOException {
        Path path = folder.resolve("other");
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(512, TOKENIZER))) {
            writer.beginText();
            writer.beginText();
            writer.append(new int[] {5}, 0, 1);
            writer.beginText();
            writer.seal();
        }
        try (TokenShardReader reader = TokenShardReader.open(path)) {
            assertThat(reader.header().textCount()).isEqualTo(1);
        }
    }

    @Test
    void refusesAFirstTextThatDoesNotBeginWithTheFirstToken() throws IOException {
        try (TokenShardWriter writer =
                TokenShardWriter.create(folder.resolve("shard"), TokenShardHeader.of(512, TOKENIZER))) {
            writer.append(new int[] {5}, 0, 1);
            assertThatThrownBy(writer::beginText)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("begins at token 1 (expected: token 0)");
        }
    }

    @Test
    void refusesAWeightThatIsNone() throws IOException {
        try (TokenShardWriter writer =
                TokenShardWriter.create(folder.resolve("shard"), TokenShardHeader.of(512, TOKENIZER))) {
            for (float weight : new float[] {-0.1f, 1.1f, Float.NaN}) {
                assertThatThrownBy(() -> writer.append(new int[] {5}, 0, 1, weight))
                        .hasMessage("weight: " + weight + " (expected: 0..1)");
            }
            assertThat(writer.tokenCount()).isZero();
        }
    }

    @Test
    void namesTheTextOfAChangedShardThatDoesNotBeginAfterTheOneBefore() throws IOException {
        Path path = folder.resolve("changed");
        byte[] bytes = HexFormat.of().parseHex(TWO_TEXTS_BY_PYTHON);
        for (String start : new String[] {"00000000", "03000000", "ffffffff"}) {
            System.arraycopy(HexFormat.of().parseHex(start), 0, bytes, TokenShardHeader.BYTES + 10, 4);
            Files.deleteIfExists(path);
            Files.write(path, bytes);
            try (TokenShardReader reader = TokenShardReader.open(path)) {
                assertThatThrownBy(() -> reader.readTexts(0, new int[3], 0, 3))
                        .isInstanceOf(CorruptFileException.class)
                        .hasMessageContaining("text 1: begins at token ")
                        .hasMessageContaining("(expected: 1..2)");
            }
        }
    }

    private void assertHostile(int at, String bytes, String complaint) throws IOException {
        byte[] file = HexFormat.of().parseHex(TWO_BYTES_BY_PYTHON);
        byte[] change = HexFormat.of().parseHex(bytes);
        System.arraycopy(change, 0, file, at, change.length);
        CRC32C crc = new CRC32C();
        crc.update(file, 0, 76);
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(76, (int) crc.getValue());
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
