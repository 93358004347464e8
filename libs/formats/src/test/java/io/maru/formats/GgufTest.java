package io.maru.formats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufTest {
    /** By the gguf library: src/test/reference/make_gguf.py. */
    private static final byte[] BY_PYTHON = Base64.getDecoder()
            .decode("R0dVRgMAAAAGAAAAAAAAAAcAAAAAAAAAFAAAAAAAAABnZW5lcmFsLmFyY2hpdGVjdHVyZQgAAAAFAAAAAAAAAGxsYW1hEQAA"
                    + "AAAAAABsbGFtYS5ibG9ja19jb3VudAQAAAADAAAAFAAAAAAAAABsbGFtYS5yb3BlLmZyZXFfYmFzZQYAAAAAQBxGHAAAAAAA"
                    + "AAB0b2tlbml6ZXIuZ2dtbC5hZGRfYm9zX3Rva2VuBwAAAAAVAAAAAAAAAHRva2VuaXplci5nZ21sLnRva2VucwkAAAAIAAAA"
                    + "AwAAAAAAAAABAAAAAAAAAGECAAAAAAAAAMOpBgAAAAAAAADtlZzquIAVAAAAAAAAAHRva2VuaXplci5nZ21sLnNjb3JlcwkA"
                    + "AAAGAAAAAwAAAAAAAAAAAAAAAADAvwAAAMAZAAAAAAAAAHRva2VuaXplci5nZ21sLnRva2VuX3R5cGUJAAAABQAAAAMAAAAA"
                    + "AAAAAQAAAAIAAAADAAAAAwAAAAAAAABGMzICAAAAIAAAAAAAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAMAAAAAAAAARjE2AgAA"
                    + "ACAAAAAAAAAAAgAAAAAAAAABAAAAAAEAAAAAAAAEAAAAAAAAAEJGMTYCAAAAIAAAAAAAAAACAAAAAAAAAB4AAACAAQAAAAAA"
                    + "AAQAAAAAAAAAUTRfMAIAAAAgAAAAAAAAAAIAAAAAAAAAAgAAAAACAAAAAAAABAAAAAAAAABRNF8xAgAAACAAAAAAAAAAAgAA"
                    + "AAAAAAADAAAAQAIAAAAAAAAEAAAAAAAAAFE4XzACAAAAIAAAAAAAAAACAAAAAAAAAAgAAACAAgAAAAAAAAAAAAAAkMC3bYvA"
                    + "btuGwCVJgsC3bXvAJUlywJIkacAAAGDAbttWwNu2TcBJkkTAt207wCVJMsCSJCnAAAAgwG7bFsDbtg3ASZIEwG7b9r9JkuS/"
                    + "JUnSvwAAwL/btq2/t22bv5Ikib/btm2/kiRJv0mSJL8AAAC/btu2vrdtW74lSZK9JUmSPbdtWz5u27Y+AAAAP0mSJD+SJEk/"
                    + "27ZtP5IkiT+3bZs/27atPwAAwD8lSdI/SZLkP27b9j9JkgRA27YNQG7bFkAAACBAkiQpQCVJMkC3bTtASZJEQNu2TUBu21ZA"
                    + "AABgQJIkaUAlSXJAt217QCVJgkBu24ZAt22LQAAAkECAxFvEN8QSxNvDksNJwwDDt8JuwiXC28GSwUnBAMG3wG7AJcC3vyW/"
                    + "kr4Avm6927xJvG67SboluQC4t7XbspKskizbMrc1ADglOUk6bjtJPNs8bj0APpI+JT+3PyVAbkC3QABBSUGSQdtBJUJuQrdC"
                    + "AENJQ5JD20MSRDdEW0SARJDAi8CHwILAe8BywGnAYMBXwE7ARcA7wDLAKcAgwBfADsAFwPe/5b/Sv8C/rr+bv4m/br9JvyW/"
                    + "AL+3vlu+kr2SPVs+tz4APyU/ST9uP4k/mz+uP8A/0j/lP/c/BUAOQBdAIEApQDJAO0BFQE5AV0BgQGlAckB7QIJAh0CLQJBA"
                    + "gDhAQFFRUVFiYmJic3Nzc4SEgLhISDc3NzcmJiYmFRUVFQQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAALk0gMSAgJGR"
                    + "oqKzs8TE1dXm5vf3uTSSLICAkZGiorOzxMTV1ebm9/cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACJKIGFiY2RlZmdoaWprbG1"
                    + "ub3CxsrO0tba3uLm6u7y9vr+iSgCBgoOEhYaHiImKi4yNjo+Q0dLT1NXW19jZ2tvc3d7fwAAAAAAAAAAAAAAAAAAAAAAAAAA"
                    + "AAAAAAAAAAA=");

    /** A million takes some seconds: -Dmaru.fuzz.cases=1000000. */
    private static final int CASES = Integer.getInteger("maru.fuzz.cases", 20_000);

    @TempDir
    private Path folder;

    @Test
    void readsTheMetadataOfAFileOfThePythonLibrary() throws IOException {
        try (GgufFile file = GgufFile.open(save(BY_PYTHON))) {
            GgufMetadata metadata = file.metadata();
            assertThat(metadata.text("general.architecture")).isEqualTo("llama");
            assertThat(metadata.integer("llama.block_count")).isEqualTo(3);
            assertThat(metadata.number("llama.rope.freq_base")).isEqualTo(10_000);
            assertThat(metadata.flag("tokenizer.ggml.add_bos_token", true)).isFalse();
            assertThat(metadata.texts("tokenizer.ggml.tokens")).containsExactly("a", "\u00e9", "\ud55c\uae00");
            assertThat(metadata.numbers("tokenizer.ggml.scores")).containsExactly(0, -1.5f, -2);
            assertThat(metadata.integers("tokenizer.ggml.token_type")).containsExactly(1, 2, 3);
            assertThatThrownBy(() -> metadata.text("llama.block_count"))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageEndingWith("metadata llama.block_count: U32 3 (expected: a string)");
        }
    }

    @Test
    void readsTheTensorsOfAFileOfThePythonLibrary() throws IOException {
        try (GgufFile file = GgufFile.open(save(BY_PYTHON))) {
            assertThat(file.names()).containsExactly("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0");
            assertThat(file.info("Q4_1").shape()).containsExactly(2, 32);
            assertFloats(file, "F32", -4.5f, -2.357142925262451f, -2.2142856121063232f, 4.5f);
            assertFloats(file, "F16", -4.5f, -2.357421875f, -2.21484375f, 4.5f);
            assertFloats(file, "BF16", -4.5f, -2.359375f, -2.21875f, 4.5f);
            assertFloats(file, "Q4_0", -4.5f, -2.25f, -2.25f, 4.5f);
            assertFloats(file, "Q4_1", -4.5f, -2.433837890625f, -2.138671875f, 4.4989013671875f);
            assertFloats(
                    file, "Q8_0", -4.499725341796875f, -2.373870849609375f, -2.19671630859375f, 4.499725341796875f);
        }
    }

    @Test
    void givesTheFloatsThatThePythonLibraryGivesForSmolLm2() throws IOException {
        Path path = Path.of(System.getProperty("maru.root", "."))
                .resolve(System.getenv().getOrDefault("MARU_SHARED", "../shared"))
                .resolve("data/weights/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        assumeTrue(Files.exists(path), "no " + path + "; set MARU_SHARED to have this test");
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.names()).hasSize(272);
            assertThat(crcByRows(file, "token_embd.weight")).isEqualTo(964192520L);
            assertThat(crcByRows(file, "blk.0.attn_q.weight")).isEqualTo(3978322334L);
            assertThat(crcByRows(file, "blk.29.ffn_down.weight")).isEqualTo(2539413233L);
            assertThat(crcByRows(file, "output_norm.weight")).isEqualTo(3330350700L);
        }
    }

    @Test
    void writesTheTensorsThatThePythonLibraryWrites() throws IOException {
        FloatBuffer values = FloatBuffer.allocate(64);
        try (GgufFile python = GgufFile.open(save(BY_PYTHON))) {
            python.floats("F32", values);
        }
        GgufContent content = new GgufContent()
                .text("general.architecture", "llama")
                .integer("llama.block_count", 3)
                .number("llama.rope.freq_base", 10_000)
                .flag("tokenizer.ggml.add_bos_token", false)
                .texts("tokenizer.ggml.tokens", List.of("a", "\u00e9", "\ud55c\uae00"))
                .numbers("tokenizer.ggml.scores", List.of(0f, -1.5f, -2f))
                .integers("tokenizer.ggml.token_type", List.of(1, 2, 3));
        for (GgufTensorType type :
                List.of(GgufTensorType.F32, GgufTensorType.F16, GgufTensorType.BF16, GgufTensorType.Q8_0)) {
            content.tensor(
                    type.name(),
                    type,
                    taker -> {
                        taker.take(values.slice(0, 32));
                        taker.take(values.slice(32, 32));
                    },
                    2,
                    32);
        }
        Path written = folder.resolve("written.gguf");
        SealedFile sealed = content.save(written);
        assertThat(content.measure()).isEqualTo(sealed);
        try (GgufFile ours = GgufFile.open(written);
                GgufFile python = GgufFile.open(save(BY_PYTHON))) {
            assertThat(ours.metadata()).isEqualTo(python.metadata());
            for (String name : ours.names()) {
                FloatBuffer expected = FloatBuffer.allocate(64);
                python.floats(name, expected);
                FloatBuffer actual = FloatBuffer.allocate(64);
                ours.floats(name, actual);
                assertThat(actual.array()).as(name).isEqualTo(expected.array());
            }
        }
    }

    @Test
    void everyHalfPrecisionNumberComesBackFromAFloat() {
        for (int bits = 0; bits < 1 << Short.SIZE; bits++) {
            float f16 = HalfPrecision.ofF16((short) bits);
            float bf16 = HalfPrecision.ofBf16((short) bits);
            assertThat(Float.isNaN(f16) || HalfPrecision.toF16(f16) == (short) bits)
                    .isTrue();
            assertThat(Float.isNaN(bf16) || HalfPrecision.toBf16(bf16) == (short) bits)
                    .isTrue();
        }
        assertThat(HalfPrecision.toF16(65_520))
                .as("halfway to what it has no number for")
                .isEqualTo((short) 0x7c00);
        assertThat(HalfPrecision.toF16(1 + 0x1p-11f)).as("a tie, to even").isEqualTo((short) 0x3c00);
        assertThat(HalfPrecision.toF16(0x1p-25f)).as("a tie, to zero").isEqualTo((short) 0);
    }

    @Test
    void refusesWhatItCannotReadByName() {
        assertRefused(4, 2, "version: 2 (expected: 3)");
        assertRefused(8, 1 << 30, "tensor count: a count of 1073741824 (expected: at most ");
        int type = indexOf("Q4_1") + 4 + 4 + 16;
        assertRefused(type, 14, "tensor Q4_1: the type Q6_K (expected: F32, F16, BF16, Q4_0, Q4_1 or Q8_0)");
        assertRefused(type + 4, 3, "tensor Q4_1: begins at 3 (expected: ");
    }

    @Test
    void refusesEveryCut() {
        for (int length = 0; length < BY_PYTHON.length - GgufHeader.DEFAULT_ALIGNMENT; length++) {
            byte[] cut = Arrays.copyOf(BY_PYTHON, length);
            assertThatThrownBy(() -> header(cut)).isInstanceOf(CorruptFileException.class);
        }
    }

    @Test
    void survivesSeededMutations() throws IOException {
        Random random = new Random(7);
        int headerBytes = (int) header(BY_PYTHON).dataAt();
        for (int i = 0; i < CASES; i++) {
            byte[] bytes = BY_PYTHON.clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(headerBytes);
                switch (random.nextInt(3)) {
                    case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt());
                    default ->
                        System.arraycopy(
                                bytes, random.nextInt(headerBytes - 8), bytes, Math.min(at, headerBytes - 8), 8);
                }
            }
            try {
                header(bytes);
            } catch (CorruptFileException refused) {
                assertThat(refused.getMessage()).contains("(expected: ");
            } catch (Exception | OutOfMemoryError e) {
                throw new AssertionError("case " + i, e);
            }
        }
    }

    private static GgufHeader header(byte[] bytes) throws IOException {
        return GgufHeader.read(new ByteArrayInputStream(bytes), bytes.length, "mutated");
    }

    private static void assertRefused(int at, int value, String message) {
        byte[] bytes = BY_PYTHON.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        assertThatThrownBy(() -> header(bytes))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(message);
    }

    private static int indexOf(String name) {
        return new String(BY_PYTHON, ISO_8859_1).indexOf(name);
    }

    private static void assertFloats(GgufFile file, String name, float... expected) throws IOException {
        FloatBuffer floats = FloatBuffer.allocate(64);
        file.floats(name, floats);
        float[] some = {floats.get(0), floats.get(15), floats.get(16), floats.get(63)};
        assertThat(some).as(name).containsExactly(expected, within(0f));
        FloatBuffer row = FloatBuffer.allocate(32);
        file.rows(name, 1, 1, row);
        assertThat(row.array()).isEqualTo(Arrays.copyOfRange(floats.array(), 32, 64));
    }

    private static long crcByRows(GgufFile file, String name) throws IOException {
        GgufTensorInfo info = file.info(name);
        int rows = (int) (info.elements() / info.rowElements());
        CRC32 crc = new CRC32();
        int step = 100;
        for (int first = 0; first < rows; first += step) {
            int count = Math.min(step, rows - first);
            ByteBuffer bytes = ByteBuffer.allocate((int) (count * info.rowElements()) * Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN);
            file.rows(name, first, count, bytes.asFloatBuffer());
            crc.update(bytes);
        }
        return crc.getValue();
    }

    private Path save(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.gguf"), bytes);
    }
}
