package io.maru.formats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
    /** By the safetensors library: src/test/reference/make_safetensors.py. */
    static final byte[] BY_PYTHON = Base64.getDecoder()
            .decode("mAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCIsIm5vdGUiOiJhIFwicXVvdGVkXCIgw6kifSwic3RlcCI6"
                    + "eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbMCw4XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwi"
                    + "c2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOls4LDhdfSwid2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDNd"
                    + "LCJkYXRhX29mZnNldHMiOls4LDMyXX0sImhhbGYiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzZdLCJkYXRhX29mZnNldHMi"
                    + "OlszMiw0NF19LCLtlZzquIAiOnsiZHR5cGUiOiJVOCIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzQ0LDQ1XX0sIm1h"
                    + "c2siOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbNDUsNDhdfX3LBPtxHwEAAAAAwD8AABDA"
                    + "AABAQM3MzD0AAACAwhYBAAA8AMD/ewEAAIAAfAcBAAE=");

    private static final float[] WEIGHT = {1.5f, -2.25f, 3.0f, 0.1f, -0.0f, 1e-40f};

    @TempDir
    private Path folder;

    @Test
    void readsAFileOfThePythonLibrary() throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(save(BY_PYTHON))) {
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt", "note", "a \"quoted\" \u00e9"));
            assertThat(file.names()).containsExactly("step", "empty", "weight", "half", "한글", "mask");
            assertThat(file.info("weight")).isEqualTo(new TensorInfo("weight", DType.F32, new long[] {2, 3}, 8, 32));
            assertThat(file.info("step").shape()).isEmpty();
            assertThat(file.info("step").elements()).isEqualTo(1);
            assertThat(file.floats("weight")).containsExactly(WEIGHT);
            assertThat(file.floats("empty")).isEmpty();
            assertThat(file.floats("half")).containsExactly(1, -2, 65504, 0x1p-24f, -0.0f, Float.POSITIVE_INFINITY);
            assertThat(file.bytes("step").getLong()).isEqualTo(1_234_567_890_123L);
            assertThat(file.bytes("mask")).isEqualTo(ByteBuffer.wrap(new byte[] {1, 0, 1}));
            assertThat(file.bytes("한글").get()).isEqualTo((byte) 7);
        }
    }

    @Test
    void writesAFileThatThePythonLibraryReads() throws IOException {
        // The library (0.8.0) was given this file and read the values back.
        String header = "{\"__metadata__\":{\"format\":\"pt\"},\"weight\":{\"dtype\":\"F32\",\"shape\":[2,3],"
                + "\"data_offsets\":[0,24]},\"한글\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[24,25]}}";
        byte[] expected = HexFormat.of()
                .parseHex("9800000000000000" + HexFormat.of().formatHex(header.getBytes(UTF_8)) + "20".repeat(1)
                        + "0000c03f000010c000004040cdcccc3d00000080c216010007");
        Path path = folder.resolve("written");
        SealedFile sealed = write(path);
        assertThat(Files.readAllBytes(path)).isEqualTo(expected);
        sealed.verify(path);
    }

    @Test
    void everyHalfHasTheValueOfItsFormula() throws IOException {
        int finite = 0x7c00;
        ByteBuffer halves = ByteBuffer.allocate(2 * finite).order(ByteOrder.LITTLE_ENDIAN);
        for (int bits = 0; bits < finite; bits++) {
            halves.putShort((short) bits);
        }
        Path path = folder.resolve("halves");
        try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
            writer.declare("halves", DType.F16, finite).write("halves", halves.flip());
            writer.seal();
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            float[] floats = file.floats("halves");
            for (int bits = 0; bits < finite; bits++) {
                int exponent = bits >> 10;
                double fraction = (bits & 0x3ff) / 1024.0;
                double expected =
                        exponent == 0 ? fraction * Math.pow(2, -14) : (1 + fraction) * Math.pow(2, exponent - 15);
                assertThat((double) floats[bits]).isEqualTo(expected);
            }
        }
    }

    @Test
    void takesTensorsFromContentsThatAreReadWhenItIsWritten() throws IOException {
        byte[] values = {1, 2, 3, 4, 5, 6, 7, 8};
        Path path = folder.resolve("content");
        new SafetensorsContent()
                .add("a", DType.F16, Content.of(values), 2, 2)
                .add("b", FloatBuffer.wrap(new float[] {1}), 1)
                .save(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.bytes("a")).isEqualTo(ByteBuffer.wrap(values));
            FloatBuffer one = FloatBuffer.allocate(1);
            file.floats("a", 2, 1, one);
            assertThat(one.get(0)).isEqualTo(HalfPrecision.ofF16((short) 0x0605));
            assertThat(file.floats("b")).containsExactly(1);
        }
        SafetensorsContent other = new SafetensorsContent().add("a", DType.F16, Content.of(values), 3);
        assertThatThrownBy(() -> other.save(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor a: 8 bytes (expected: 6)");
    }

    @Test
    void widensBf16ByItsUpperHalf() throws IOException {
        Path path = folder.resolve("bf16");
        // 1.5, -2, the smallest subnormal, minus infinity, not a number
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex("c03f00c0010080ffc07f"));
        try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
            writer.declare("a", DType.BF16, 5).write("a", bytes);
            writer.seal();
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.floats("a")).containsExactly(1.5f, -2, 0x1p-133f, Float.NEGATIVE_INFINITY, Float.NaN);
        }
    }

    @Test
    void writesFloatsFromAnyKindOfBufferWithoutMovingIt() throws IOException {
        float[] values = new float[700_001];
        Random random = new Random(5);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        FloatBuffer direct = ByteBuffer.allocateDirect(4 * values.length).asFloatBuffer();
        direct.put(values).position(1);
        Path path = folder.resolve("large");
        try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
            writer.declare("array", DType.F32, values.length).declare("direct", DType.F32, 100, 7000);
            writer.write("array", values).write("direct", direct);
            writer.seal();
        }
        assertThat(direct.position()).isEqualTo(1);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.floats("array")).isEqualTo(values);
            assertThat(file.floats("direct")).isEqualTo(Arrays.copyOfRange(values, 1, values.length));
        }
    }

    @Test
    void equalCallsGiveEqualBytes() throws IOException {
        assertThat(write(folder.resolve("a"))).isEqualTo(write(folder.resolve("b")));
    }

    @Test
    void refusesWhatWasNotDeclared() throws IOException {
        Path path = folder.resolve("file");
        try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
            writer.declare("a", DType.F32, 2).declare("b", DType.I32, 1);
            assertThatThrownBy(() -> writer.declare("a", DType.F32)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.declare("__metadata__", DType.F32))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.write("b", new float[1])).hasMessageContaining("expected: a, as declared");
            assertThatThrownBy(() -> writer.write("a", new float[3]))
                    .hasMessage("tensor a: 12 bytes (expected: 8, as F32 [2] takes)");
            writer.write("a", new float[2]);
            assertThatThrownBy(() -> writer.declare("c", DType.F32)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> writer.write("b", new float[1])).hasMessage("tensor b: floats (expected: I32)");
            assertThatThrownBy(writer::seal).hasMessageContaining("1 tensors written (expected: 2, as declared)");
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void aFileWithoutTensorsIsAFile() throws IOException {
        Path path = folder.resolve("none");
        try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
            writer.seal();
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).isEmpty();
            assertThatThrownBy(() -> file.info("a")).hasMessageContaining("no tensor a (expected: one of 0 names)");
        }
    }

    @Test
    void refusesNumbersThatDoNotAddUp() throws IOException {
        String good = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[8,12]}}";
        try (SafetensorsFile file = SafetensorsFile.open(save(good, 12))) {
            assertThat(file.names()).containsExactly("a", "b");
        }
        assertCorrupt(good, 11, "data: 11 bytes (expected: 12 bytes");
        assertCorrupt(good, 13, "data: 13 bytes");
        assertCorrupt(good.replace("[8,12]", "[9,13]"), 13, "tensor b: begins at 9 (expected: 8");
        assertCorrupt(good.replace("[8,12]", "[4,8]"), 8, "tensor b: begins at 4");
        assertCorrupt(good.replace("[8,12]", "[0,4]"), 8, "tensor a: begins at 0 (expected: 4");
        assertCorrupt(good.replace("[8,12]", "[12,8]"), 12, "tensor b");
        assertCorrupt(good.replace("[8,12]", "[-4,0]"), 12, "-4");
        assertCorrupt(good.replace("[8,12]", "[8]"), 12, "1 data_offsets");
        assertCorrupt(good.replace("[8,12]", "[8,12,12]"), 12, "more than 2 numbers");
        assertCorrupt(good.replace("\"b\"", "\"a\""), 12, "Duplicate");
        assertCorrupt(good.replace("\"shape\":[4]", "\"shape\":[4],\"shape\":[4]"), 12, "Duplicate");
        assertCorrupt(good.replace("\"shape\":[4],", ""), 12, "no key shape");
        assertCorrupt(good.replace("\"shape\":[4]", "\"shape\":[4],\"other\":1"), 12, "the key other");
        assertCorrupt(good.replace("\"U8\"", "\"U9\""), 12, "dtype: U9");
        assertCorrupt(good.replace("\"U8\"", "8"), 12, "a string");
        assertCorrupt(good.replace("[4]", "[4.0]"), 12, "a whole number");
        assertCorrupt(good.replace("[4]", "[5]"), 12, "tensor b");
        assertCorrupt(good.replace("[4]", "[-4]"), 12, "-4");
        assertCorrupt(good.replace("[4]", "[4294967296,4294967296,4]"), 12, "tensor b: shape");
        assertCorrupt(good.replace("[4]", "[9223372036854775807,2]"), 12, "tensor b: shape");
        assertCorrupt(good.replace("[4]", "[9223372036854775808]"), 12, "header");
        assertCorrupt(good.replace("[4]", "[" + "1,".repeat(64) + "4]"), 12, "more than 64 numbers");
        assertCorrupt(good.replace("[4]", "[".repeat(100_000)), 12, "header");
        assertCorrupt(good + "{}", 12, "nothing after the object");
        assertCorrupt(" " + good, 12, "a first byte of 32");
        assertCorrupt(good.replace("\"b\"", "\"__metadata__\":{\"k\":1},\"b\""), 12, "a string");
        assertCorrupt(good.replace("\"b\"", "\"" + "b".repeat(5000) + "\""), 12, "header");
    }

    /** Of a file elsewhere nothing is fetched but its header: here the data is not even there. */
    @Test
    void checksAHeaderWithoutItsData() throws IOException {
        byte[] header = Files.readAllBytes(save("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 0));
        SafetensorsFile.Source source =
                (offset, length) -> new ByteArrayInputStream(header, (int) offset, (int) length);

        SafetensorsFile.requireHeader(source, header.length + 8, "far");

        assertThatThrownBy(() -> SafetensorsFile.requireHeader(source, header.length + 7, "far"))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("far")
                .hasMessageContaining("data: 7 bytes (expected: 8 bytes");
    }

    @Test
    void refusesAHeaderLengthThatCannotBe() throws IOException {
        assertCorruptFile("ffffffffffffffff7b7d", "header length: 18446744073709551615");
        assertCorruptFile("ffffffffffffff7f7b7d", "header length");
        assertCorruptFile("01000000000000007b", "header length: 1 ");
        assertCorruptFile("03000000000000007b7d", "header length: 3 (expected: 2..2)");
        assertCorruptFile("0200000000", "header: 5 bytes (expected: 8 bytes)");
        assertCorruptFile("", "header: 0 bytes");
        assertCorruptFile("0200000000000000fffe", "a first byte of -1");
        assertCorruptFile("04000000000000007b22ff22", "UTF-8");
    }

    @Test
    void refusesAHeaderOverTheLimitWithoutReadingIt() throws IOException {
        Path path = folder.resolve("long");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(3_000_000_000L);
            file.write(HexFormat.of().parseHex("01e1f50500000000"));
        }
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("header length: 100000001 (expected: 2..100000000)");
    }

    @Test
    void refusesMoreTensorsThanAnyModelHas() throws IOException {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i <= 100_000; i++) {
            header.append('"').append(i).append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},");
        }
        header.setCharAt(header.length() - 1, '}');
        assertCorrupt(header.toString(), 0, "at most 100000");
    }

    @Test
    void refusesANoteAsLongAsAHeaderMayBe() throws IOException {
        byte[] header = new byte[100_000_000];
        Arrays.fill(header, (byte) 'x');
        System.arraycopy("{\"__metadata__\":{\"a\":\"".getBytes(UTF_8), 0, header, 0, 22);
        Path path = save(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .array());
        Files.write(path, header, StandardOpenOption.APPEND);
        assertCorrupt(path, "exceeds the maximum allowed");
    }

    @Test
    void mapsAFileThatIsLargerThanOneBuffer() throws IOException {
        long size = 1_500_000_000L;
        String header = String.format(
                Locale.ROOT,
                ("{\"a\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]},"
                        + "\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]}}"),
                size,
                size,
                size,
                size,
                2 * size,
                2 * size,
                2 * size + 8);
        Path path = save(header, 0);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long dataAt = file.length();
            file.setLength(dataAt + 2 * size + 8);
            file.seek(dataAt + size);
            file.write(42);
            file.seek(dataAt + 2 * size + 4);
            file.write(HexFormat.of().parseHex("0000c03f"));
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.bytes("b").get(0)).isEqualTo((byte) 42);
            assertThat(file.bytes("a").remaining()).isEqualTo((int) size);
            assertThat(file.floats("c")).containsExactly(0, 1.5f);
        }
    }

    @Test
    void lendsBytesThatCannotBeWritten() throws IOException {
        SafetensorsFile file = SafetensorsFile.open(save(BY_PYTHON));
        assertThat(file.bytes("weight").isReadOnly()).isTrue();
        assertThat(file.bytes("weight").order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThatThrownBy(() -> file.floats("step")).hasMessageContaining("I64 (expected: F32, F16 or BF16)");
        file.close();
        assertThatThrownBy(() -> file.bytes("weight")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void readsTheWeightsOfATrainedModel() throws IOException {
        Path weights = shared("data/weights/tiny-gpt2-shakespeare-hf/model.safetensors");
        assumeTrue(Files.exists(weights), "the shared data is not here");
        try (SafetensorsFile file = SafetensorsFile.open(weights)) {
            assertThat(file.metadata()).containsEntry("format", "pt");
            assertThat(file.names()).hasSize(40);
            assertThat(file.info("transformer.wte.weight").shape()).containsExactly(512, 64);
            // Python: safetensors.numpy.load_file(path)["transformer.wte.weight"].astype("f8").sum()
            double sum = 0;
            for (float value : file.floats("transformer.wte.weight")) {
                sum += value;
            }
            assertThat(sum).isCloseTo(-13.68561490486718, within(1e-9));
        }
    }

    private static Path shared(String path) {
        String root = System.getProperty("maru.root", ".");
        String shared = System.getenv().getOrDefault("MARU_SHARED", "../shared");
        return Path.of(root).resolve(shared).resolve(path);
    }

    private static SealedFile write(Path path) throws IOException {
        try (SafetensorsWriter writer = SafetensorsWriter.create(path)) {
            writer.metadata("format", "pt")
                    .declare("weight", DType.F32, 2, 3)
                    .declare("한글", DType.U8)
                    .write("weight", WEIGHT)
                    .write("한글", ByteBuffer.wrap(new byte[] {7}));
            return writer.seal();
        }
    }

    private void assertCorrupt(String header, int dataBytes, String complaint) throws IOException {
        assertCorrupt(save(header, dataBytes), complaint);
    }

    private void assertCorruptFile(String hex, String complaint) throws IOException {
        assertCorrupt(save(HexFormat.of().parseHex(hex)), complaint);
    }

    private static void assertCorrupt(Path file, String complaint) {
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(complaint);
    }

    private Path save(String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return save(ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array());
    }

    private Path save(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("saved"), bytes);
    }
}
