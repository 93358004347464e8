package io.maru.model.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.Content;
import io.maru.formats.DType;
import io.maru.formats.GgufFile;
import io.maru.formats.GgufTensorType;
import io.maru.formats.SafetensorsFile;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExportedModelTest {
    private static final String WEIGHTS = "model.safetensors";
    /** Rows of 32, which Q8_0 needs. */
    private static final DecoderConfig LLAMA = new LlamaConfig(23, 7, 2, 4, 2, 32, 64);

    @TempDir
    Path folder;

    private Path version;

    static List<DecoderConfig> models() {
        return Stream.concat(
                        TestModels.all(),
                        Stream.of(LLAMA, new GptConfig(23, 7, 1, 2, 32), new GptConfig(23, 7, 1, 2, 4, 1e-5f, false)))
                .toList();
    }

    @BeforeEach
    void createFolder() throws IOException {
        version = Files.createDirectories(folder.resolve("version"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void comesBackAsItIsFromEitherFormat(DecoderConfig config) throws IOException {
        keep(config);
        for (DType dtype : new DType[] {DType.F32, DType.F16, DType.BF16}) {
            Path huggingFace = exported(dtype);
            assertThat(imported(huggingFace, "a")).as("%s", dtype).isEqualTo(contents(huggingFace));
            Path gguf = Files.createDirectories(folder.resolve("gguf")).resolve("model.gguf");
            try (ExportedModel model = ExportedModel.open(huggingFace)) {
                model.gguf(
                                GgufTensorType.valueOf(dtype.name()),
                                "tiny",
                                keys -> keys.integer("tokenizer.ggml.eos_token_id", model.ggufEos()))
                        .save(gguf);
            }
            assertThat(imported(gguf, "b")).as("%s of GGUF", dtype).isEqualTo(contents(huggingFace));
        }
    }

    private Path exported(DType dtype) throws IOException {
        Path out = Files.createDirectories(folder.resolve(dtype.name()));
        try (ExportedModel model = ExportedModel.open(version)) {
            for (Map.Entry<String, Content> file : model.huggingFace(dtype).entrySet()) {
                file.getValue().save(out.resolve(file.getKey()));
            }
        }
        return out;
    }

    private List<String> imported(Path from, String name) throws IOException {
        Path into = Files.createDirectories(folder.resolve(name));
        ExchangeFiles.save(from, into);
        return contents(into);
    }

    /** Of the three files that hold the model. */
    private static List<String> contents(Path folder) throws IOException {
        return List.of(
                Content.of(folder.resolve("config.json")).measure().sha256(),
                new ObjectMapper()
                        .readTree(Files.readAllBytes(folder.resolve("generation_config.json")))
                        .toString(),
                Content.of(folder.resolve(WEIGHTS)).measure().sha256());
    }

    @Test
    void narrowsToTheNearest() throws IOException {
        keep(LLAMA);
        try (SafetensorsFile narrow = SafetensorsFile.open(exported(DType.BF16).resolve(WEIGHTS))) {
            Weights found = Weights.of(LLAMA, narrow);
            for (Parameter parameter : LLAMA.parameters()) {
                float[] before = TestModels.floats(TestModels.lively(LLAMA), parameter.name());
                float[] after = TestModels.floats(found, parameter.name());
                for (int i = 0; i < before.length; i++) {
                    assertThat(Math.abs(after[i] - before[i])).isLessThanOrEqualTo(Math.abs(before[i]) / 256);
                }
            }
        }
    }

    @Test
    void quantisesMatricesWhoseRowsHaveWholeBlocks() throws IOException {
        keep(LLAMA);
        Path gguf = folder.resolve("model.gguf");
        try (ExportedModel model = ExportedModel.open(version)) {
            model.gguf(GgufTensorType.Q8_0, "tiny", keys -> {}).save(gguf);
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThat(file.info("blk.1.attn_q.weight").type()).isEqualTo(GgufTensorType.Q8_0);
            assertThat(file.info("blk.1.attn_norm.weight").type()).isEqualTo(GgufTensorType.F32);
            assertThat(file.metadata().integer("general.file_type")).isEqualTo(7);
            float[] before = TestModels.floats(TestModels.lively(LLAMA), "model.layers.1.mlp.down_proj.weight");
            FloatBuffer after = FloatBuffer.allocate(before.length);
            file.floats("blk.1.ffn_down.weight", after);
            for (int i = 0; i < before.length; i++) {
                assertThat(Math.abs(after.get(i) - before[i])).isLessThan(0.02f);
            }
        }
        keep(TestModels.TINY_LLAMA);
        try (ExportedModel model = ExportedModel.open(version)) {
            model.gguf(GgufTensorType.Q8_0, "tiny", keys -> {}).save(gguf);
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            assertThat(file.info("blk.1.attn_q.weight").type()).isEqualTo(GgufTensorType.F16);
        }
    }

    @Test
    void tellsLlamaCppEachStopTokenAndTheChatTemplate() throws IOException {
        keep(LLAMA);
        Files.writeString(version.resolve("generation_config.json"), "{\"eos_token_id\":[9,4,6]}");
        Files.writeString(version.resolve("tokenizer_config.json"), "{\"chat_template\":\"{{ x }}\"}");
        Path gguf = folder.resolve("model.gguf");
        try (ExportedModel model = ExportedModel.open(version)) {
            model.gguf(GgufTensorType.F32, "tiny", keys -> keys.integer("tokenizer.ggml.eos_token_id", model.ggufEos()))
                    .save(gguf);
            assertThat(model.ggufBos()).isEqualTo(4);
        }
        try (ForeignModel model = ForeignModel.open(gguf)) {
            assertThat(model.stopIds()).containsExactly(4, 6, 9);
            assertThat(model.chatTemplate()).contains("{{ x }}");
        }
        Files.writeString(version.resolve("generation_config.json"), "{\"eos_token_id\":[9,4,6,1]}");
        try (ExportedModel model = ExportedModel.open(version)) {
            assertThatThrownBy(() -> model.gguf(GgufTensorType.F32, "tiny", keys -> {}))
                    .hasMessage("eos_token_id: [1, 4, 6, 9] (expected: at most 3 ids, for which GGUF has keys)");
        }
        Files.writeString(version.resolve("generation_config.json"), "{}");
        try (ExportedModel model = ExportedModel.open(version)) {
            assertThatThrownBy(model::ggufBos)
                    .hasMessage("eos_token_id: none"
                            + " (expected: one in generation_config.json, as llama.cpp would take a token of its own)");
        }
    }

    @Test
    void refusesANumberThatF16WouldMakeInfinite() throws IOException {
        keep(LLAMA);
        Weights.read(LLAMA, (name, into) -> {
                    float[] values = new float[into.remaining()];
                    Arrays.fill(values, 70_000);
                    into.put(values);
                })
                .save(version.resolve(WEIGHTS));
        try (ExportedModel model = ExportedModel.open(version)) {
            String message = "tensor model.embed_tokens.weight: 70000.0 (expected: at most 65504, as F16 has it)";
            assertThatThrownBy(() -> model.huggingFace(DType.F16).get(WEIGHTS).measure())
                    .isInstanceOf(UnsupportedModelException.class)
                    .hasMessage(message);
            assertThatThrownBy(() ->
                            model.gguf(GgufTensorType.F16, "tiny", keys -> {}).measure())
                    .isInstanceOf(UnsupportedModelException.class)
                    .hasMessage(message);
        }
    }

    private void keep(DecoderConfig config) throws IOException {
        Files.write(version.resolve("config.json"), config.toJson());
        Files.write(version.resolve("generation_config.json"), "{\"eos_token_id\":3}".getBytes(UTF_8));
        TestModels.lively(config).save(version.resolve(WEIGHTS));
    }
}
