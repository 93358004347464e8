package io.maru.formats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cuts good files at every byte and changes them at every byte and at random: a reader either refuses the file with
 * {@link CorruptFileException} or reads it to its end. Every failure names its case, and cases are the same in every run.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class FuzzTest {
    private static final int RANDOM_CASES = 3_000;

    @TempDir
    private Path folder;

    /** Reads all of a file in which something may be wrong. */
    private interface Parser {
        void parse(byte[] bytes) throws IOException;
    }

    @Test
    void safetensors() throws IOException {
        Parser parser = bytes -> {
            try (SafetensorsFile file = SafetensorsFile.open(save(bytes))) {
                for (String name : file.names()) {
                    file.bytes(name).get(new byte[file.info(name).byteSize()]);
                }
            }
        };
        assertRefusesEveryCut(SafetensorsTest.BY_PYTHON, parser);
        assertSurvivesChanges(SafetensorsTest.BY_PYTHON, parser);
    }

    @Test
    void tokenShards() throws IOException {
        assertReadsOnlyWholeTokenShards(false);
    }

    @Test
    void tokenShardsOfWeightedTexts() throws IOException {
        assertReadsOnlyWholeTokenShards(true);
    }

    private void assertReadsOnlyWholeTokenShards(boolean planes) throws IOException {
        Path path = folder.resolve("shard");
        try (TokenShardWriter writer =
                TokenShardWriter.create(path, TokenShardHeader.of(50_257, Sha256.of(new byte[0])))) {
            int[] ids = new Random(1).ints(100, 0, 50_257).toArray();
            for (int at = 0; at < ids.length; at += 20) {
                if (planes) {
                    writer.beginText();
                }
                writer.append(ids, at, at + 20, planes ? at / 100f : 1);
            }
            writer.seal();
        }
        byte[] good = Files.readAllBytes(path);
        Parser parser = bytes -> {
            try (TokenShardReader reader = TokenShardReader.open(save(bytes))) {
                int count = (int) reader.tokenCount();
                reader.read(0, new int[count], 0, count);
                reader.readWeights(0, new float[count], 0, count);
                reader.readTexts(0, new int[count], 0, count);
                for (int text = 0; text < reader.header().textCount(); text++) {
                    reader.textStart(text);
                }
            }
        };
        assertRefusesEveryCut(good, parser);
        assertSurvivesChanges(good, parser);
        for (int bit = 0; bit < TokenShardHeader.BYTES * Byte.SIZE; bit++) {
            assertRefuses(flip(good, bit), "header bit " + bit, parser);
        }
    }

    @Test
    void documentShards() throws IOException {
        Path path = folder.resolve("shard");
        List<Document> documents = DocumentShardTest.randomDocuments(20, 60);
        try (DocumentShardWriter writer = DocumentShardWriter.create(path)) {
            for (Document document : documents) {
                writer.append(document);
            }
            writer.seal();
        }
        byte[] good = Files.readAllBytes(path);
        assertRefusesEveryCut(good, DocumentShardTest::read);
        assertSurvivesChanges(good, DocumentShardTest::read);
        // What the codec lets pass (unused bits of the frame's header) must not have changed a document.
        for (int bit = 0; bit < good.length * Byte.SIZE; bit++) {
            try {
                assertThat(DocumentShardTest.read(flip(good, bit)))
                        .as("bit %d", bit)
                        .isEqualTo(documents);
            } catch (CorruptFileException refused) {
                assertThat(refused.file()).isNotEmpty();
            }
        }
    }

    @Test
    void manifests() throws IOException {
        byte[] good = new Manifest(
                        "dataset",
                        Map.of("corpus", "corpora/마루"),
                        List.of(new Manifest.Entry("a", 1, Sha256.of(new byte[0]), Map.of("tokenCount", "3"))))
                .toJson();
        Parser parser = bytes -> assertThat(Manifest.fromJson(bytes).toJson()).isEqualTo(bytes);
        assertRefusesEveryCut(good, parser);
        assertSurvivesChanges(good, parser);
    }

    @Test
    void documentLines() throws IOException {
        assertReadsOnlyWholeLines("\"text\":\"h\\u00e9 \\ud83c\\udfe0 마루\\n\"");
        assertReadsOnlyWholeLines("\"prompt\":\"h\\u00e9\",\"completion\":\"마루\"");
        assertReadsOnlyWholeLines(
                "\"messages\":[{\"role\":\"user\",\"content\":\"마루\"},{\"role\":\"a\",\"content\":\"\"}]");
    }

    private static void assertReadsOnlyWholeLines(String body) throws IOException {
        byte[] good = ("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\"," + body + "}\n").getBytes(UTF_8);
        Parser parser = bytes -> DocumentShardTest.read(DocumentShardTest.versioned(Zstd.compress(bytes)));
        for (int length = 1; length < good.length; length++) {
            assertRefuses(Arrays.copyOf(good, length), "cut at " + length, parser);
        }
        assertSurvivesChanges(good, parser);
    }

    private static void assertRefusesEveryCut(byte[] good, Parser parser) throws IOException {
        parser.parse(good);
        for (int length = 0; length < good.length; length++) {
            assertRefuses(Arrays.copyOf(good, length), "cut at " + length, parser);
        }
    }

    private static void assertSurvivesChanges(byte[] good, Parser parser) {
        for (int bit = 0; bit < good.length * Byte.SIZE; bit++) {
            assertSurvives(flip(good, bit), "bit " + bit, parser);
        }
        Random random = new Random(42);
        for (int i = 0; i < RANDOM_CASES; i++) {
            assertSurvives(mutate(good, random), "random case " + i, parser);
        }
    }

    private static void assertRefuses(byte[] bytes, String what, Parser parser) throws IOException {
        try {
            parser.parse(bytes);
        } catch (CorruptFileException refused) {
            assertThat(refused.getMessage()).contains("(expected: ");
            return;
        }
        fail(what + ": read as if it were whole");
    }

    private static void assertSurvives(byte[] bytes, String what, Parser parser) {
        try {
            parser.parse(bytes);
        } catch (CorruptFileException refused) {
            assertThat(refused.getMessage()).contains("(expected: ");
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(what, e);
        }
    }

    private static byte[] flip(byte[] good, int bit) {
        byte[] bytes = good.clone();
        bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        return bytes;
    }

    /** A few changes of the kinds that break parsers: other bytes, pieces taken out, pieces twice, a digit for a digit. */
    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            int at = random.nextInt(bytes.length);
            int end = Math.min(bytes.length, at + 1 + random.nextInt(16));
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes = join(bytes, at, bytes, end);
                case 2 -> bytes = join(bytes, end, bytes, at);
                default -> {
                    if (bytes[at] >= '0' && bytes[at] <= '9') {
                        bytes[at] = (byte) ('0' + random.nextInt(10));
                    } else {
                        bytes[at] = (byte) "{}[]\",:-\\0".charAt(random.nextInt(10));
                    }
                }
            }
        }
        return bytes;
    }

    private static byte[] join(byte[] head, int headEnd, byte[] tail, int tailStart) {
        byte[] joined = Arrays.copyOf(head, headEnd + tail.length - tailStart);
        System.arraycopy(tail, tailStart, joined, headEnd, tail.length - tailStart);
        return joined;
    }

    /** A new file each time: one that is still mapped must not be truncated, and that is slow besides. */
    private Path save(byte[] bytes) throws IOException {
        Path path = folder.resolve("fuzzed");
        Files.deleteIfExists(path);
        return Files.write(path, bytes);
    }
}
