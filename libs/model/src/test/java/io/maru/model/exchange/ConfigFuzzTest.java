package io.maru.model.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.maru.formats.CorruptFileException;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of keys with a few bytes changed are read, or refused with an exception of ours; cases are the same in every run. */
class ConfigFuzzTest {
    /** A million takes a minute: -Dmaru.fuzz.cases=1000000. */
    private static final int CASES = Integer.getInteger("maru.fuzz.cases", 20_000);

    /** No header of these is longer. */
    private static final int MAX_CUT = 2_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Test
    void configurations() {
        for (DecoderConfig config : TestModels.all().toList()) {
            assertSurvivesChanges(
                    config.toJson(), CASES, json -> DecoderConfig.fromJson(json).parameters());
        }
    }

    @Test
    void generationConfigurations() {
        byte[] good =
                "{\"eos_token_id\":[1,2],\"bos_token_id\":1,\"pad_token_id\":null,\"temperature\":0.7}".getBytes(UTF_8);
        assertSurvivesChanges(good, CASES, json -> GenerationConfig.read(Optional.of(json), json, 9)
                .toJson());
    }

    @Test
    void indexes() {
        byte[] good =
                ("{\"metadata\":{\"total_size\":12},\"weight_map\":{\"wte.weight\":\"model-00001-of-00002.safetensors\","
                                + "\"h.0.attn.c_attn.weight\":\"model-00002-of-00002.safetensors\"}}")
                        .getBytes(UTF_8);
        assertSurvivesChanges(good, CASES, json -> {
            for (String file : ShardIndex.parse(json).files()) {
                assertThat(file).doesNotContain("/", "..safetensors/");
            }
        });
    }

    @Test
    void chatTemplates() {
        byte[] good = "{\"chat_template\":[{\"name\":\"default\",\"template\":\"{{ x }}\"}],\"bos_token\":\"<s>\"}"
                .getBytes(UTF_8);
        assertSurvivesChanges(good, CASES, json -> ChatTemplates.into(Optional.of(json), ChatTemplates.of(json)));
    }

    /** The keys of a model's shape; how the file itself is read, libs/formats sees to. */
    @Test
    void modelsOfGguf(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.gguf");
        ForeignModelTest.withTensors(ForeignModelTest.llama().integer("tokenizer.ggml.eos_token_id", 2))
                .save(file);
        assertSurvivesChanges(Files.readAllBytes(file), CASES / 20, changed -> {
            try {
                Files.write(file, changed);
                ForeignModel.open(file).close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void assertSurvivesChanges(byte[] good, int cases, Consumer<byte[]> parser) {
        parser.accept(good);
        for (int length = 0; length < Math.min(good.length, MAX_CUT); length++) {
            assertSurvives(Arrays.copyOf(good, length), "cut at " + length, parser);
        }
        Random random = new Random(42);
        for (int i = 0; i < cases; i++) {
            assertSurvives(mutate(good, random), "random case " + i, parser);
        }
    }

    private static void assertSurvives(byte[] bytes, String what, Consumer<byte[]> parser) {
        long start = THREADS.getCurrentThreadCpuTime();
        try {
            parser.accept(bytes);
        } catch (UnsupportedModelException | CorruptFileException refused) {
            if (!refused.getMessage().contains("(expected: ")) {
                throw new AssertionError(what + ": " + new String(bytes, UTF_8), refused);
            }
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(what + ": " + new String(bytes, UTF_8), e);
        }
        assertThat(THREADS.getCurrentThreadCpuTime() - start).as(what).isLessThan(1_000_000_000L);
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good.clone();
        int header = Math.min(good.length, MAX_CUT);
        for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            int at = random.nextInt(Math.min(header, bytes.length));
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
}
