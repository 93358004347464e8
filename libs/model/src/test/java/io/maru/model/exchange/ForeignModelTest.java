package io.maru.model.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.DType;
import io.maru.formats.GgufContent;
import io.maru.formats.GgufTensorType;
import io.maru.formats.HalfPrecision;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ForeignModelTest {
    private static final String WEIGHTS = "model.safetensors";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    static List<DecoderConfig> models() {
        return TestModels.all().toList();
    }

    @ParameterizedTest
    @MethodSource("models")
    void readsWhatItWrites(DecoderConfig config) throws IOException {
        write(config, WEIGHTS, UnaryOperator.identity(), parameter -> true, DType.F32);
        Files.write(folder.resolve("config.json"), config.toJson());
        Path version = imported();
        assertThat(Files.readAllBytes(version.resolve("config.json"))).isEqualTo(config.toJson());
        assertThat(Files.readAllBytes(version.resolve(WEIGHTS))).isEqualTo(Files.readAllBytes(folder.resolve(WEIGHTS)));
    }

    @Test
    void joinsTheShardsOfAnIndexThatHaveNoPrefix() throws IOException {
        DecoderConfig config = TestModels.TINY;
        UnaryOperator<String> naming = name -> name.substring("transformer.".length());
        Predicate<Parameter> first = parameter -> parameter.name().contains(".h.0.");
        write(config, "model-00001-of-00002.safetensors", naming, first, DType.F32);
        write(config, "model-00002-of-00002.safetensors", naming, first.negate(), DType.F32);
        List<String> entries = new ArrayList<>();
        for (Parameter parameter : config.parameters()) {
            entries.add(String.format(
                    Locale.ROOT,
                    "\"%s\":\"model-0000%d-of-00002.safetensors\"",
                    naming.apply(parameter.name()),
                    first.test(parameter) ? 1 : 2));
        }
        save("model.safetensors.index.json", "{\"weight_map\":{" + String.join(",", entries) + "}}");
        Files.write(folder.resolve("config.json"), config.toJson());
        assertWeights(imported(), config);

        save("model.safetensors.index.json", "{\"weight_map\":{\"wte.weight\":\"model-00001-of-00002.safetensors\"}}");
        assertRefused(
                "tensor wte.weight: absent (expected: one in model-00001-of-00002.safetensors, as the index tells)");
        save("model.safetensors.index.json", "{\"weight_map\":{\"wte.weight\":\"../model.safetensors\"}}");
        assertRefused("model.safetensors.index.json: weight_map: ../model.safetensors"
                + " (expected: the name of a safetensors file beside it)");
        save("model.safetensors.index.json", "{\"weight_map\":{\"wte.weight\":\"model-3.safetensors\"}}");
        assertRefused("model-3.safetensors: absent (expected: one, as model.safetensors.index.json tells)");
    }

    @Test
    void keepsTheTypeThatAllTensorsHave() throws IOException {
        DecoderConfig config = TestModels.TINY_LLAMA;
        Files.write(folder.resolve("config.json"), config.toJson());
        for (DType dtype : new DType[] {DType.F16, DType.BF16}) {
            write(config, WEIGHTS, UnaryOperator.identity(), parameter -> true, dtype);
            Path version = imported();
            assertThat(Files.readAllBytes(version.resolve(WEIGHTS)))
                    .isEqualTo(Files.readAllBytes(folder.resolve(WEIGHTS)));
            JsonNode json = JSON.readTree(Files.readAllBytes(version.resolve("config.json")));
            assertThat(json.get("torch_dtype").textValue()).isEqualTo(dtype == DType.F16 ? "float16" : "bfloat16");
        }
    }

    @Test
    void takesF32WhereATensorWouldLoseByAnotherType() throws IOException {
        DecoderConfig config = TestModels.TINY_LLAMA;
        Files.write(folder.resolve("config.json"), config.toJson());
        try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(WEIGHTS))) {
            for (Parameter parameter : config.parameters()) {
                DType dtype = parameter.isMatrix() ? DType.F16 : DType.F32;
                writer.declare(parameter.name(), dtype, parameter.shape().asArray());
            }
            Weights weights = TestModels.lively(config);
            for (Parameter parameter : config.parameters()) {
                writer.write(
                        parameter.name(),
                        bytes(weights.get(parameter.name()), parameter.isMatrix() ? DType.F16 : DType.F32));
            }
            writer.seal();
        }
        try (ForeignModel model = ForeignModel.open(folder)) {
            assertThat(model.dtype()).isEqualTo(DType.F32);
        }
    }

    @Test
    void readsStopIdsAsASet() throws IOException {
        assertStops("{}", "{\"eos_token_id\":3", 3);
        assertStops("{\"eos_token_id\":[5,2]}", "{\"eos_token_id\":3", 2, 5);
        assertStops("{\"eos_token_id\":null,\"bos_token_id\":1}", "{\"eos_token_id\":[3,4]", 3, 4);
        // Hugging Face assumes GPT-2's id where a smaller model says nothing.
        assertStops("{\"eos_token_id\":50256}", "{\"eos_token_id\":3");
        GenerationConfig kept = GenerationConfig.read(
                Optional.of(
                        "{\"eos_token_id\":[5,2],\"temperature\":0.2,\"transformers_version\":\"5\"}".getBytes(UTF_8)),
                "{\"bos_token_id\":7}".getBytes(UTF_8),
                23);
        assertThat(JSON.readTree(kept.toJson()))
                .isEqualTo(JSON.readTree("{\"temperature\":0.2,\"bos_token_id\":7,\"eos_token_id\":[2,5]}"));
        assertThatThrownBy(() -> GenerationConfig.read(
                        Optional.of("{\"eos_token_id\":\"</s>\"}".getBytes(UTF_8)), "{}".getBytes(UTF_8), 23))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("eos_token_id: \"</s>\" (expected: an integer or a list of integers)");
    }

    private static void assertStops(String generation, String config, Integer... expected) {
        assertThat(GenerationConfig.read(Optional.of(generation.getBytes(UTF_8)), (config + "}").getBytes(UTF_8), 23)
                        .stopIds())
                .containsExactly(expected);
    }

    @Test
    void findsChatTemplatesWhereverTheyLie() throws IOException {
        whole(TestModels.TINY);
        save("tokenizer_config.json", "{\"chat_template\":\"old\",\"bos_token\":\"<s>\"}");
        try (ForeignModel model = ForeignModel.open(folder)) {
            assertThat(model.chatTemplate()).contains("old");
            assertThat(new String(model.tokenizerConfigJson().orElseThrow(), UTF_8))
                    .isEqualTo("{\"chat_template\":\"old\",\"bos_token\":\"<s>\"}");
        }
        save("chat_template.jinja", "new");
        assertTemplates("new", "{\"bos_token\":\"<s>\",\"chat_template\":\"new\"}");
        save("tokenizer_config.json", "{\"chat_template\":[{\"name\":\"default\",\"template\":\"old\"}]}");
        save("additional_chat_templates/rag.jinja", "r");
        assertTemplates(
                "new",
                "{\"chat_template\":[{\"name\":\"default\",\"template\":\"new\"},{\"name\":\"rag\",\"template\":\"r\"}]}");
        save("tokenizer_config.json", "{\"chat_template\":7}");
        assertRefused("chat_template: 7 (expected: a text or a list of names and templates)");
    }

    private void assertTemplates(String chosen, String tokenizerConfig) throws IOException {
        try (ForeignModel model = ForeignModel.open(folder)) {
            assertThat(model.chatTemplate()).contains(chosen);
            assertThat(JSON.readTree(model.tokenizerConfigJson().orElseThrow()))
                    .isEqualTo(JSON.readTree(tokenizerConfig));
        }
    }

    @Test
    void refusesFilesByNameAndWithAWayOut() throws IOException {
        assertRefused("config.json: absent (expected: one beside the weights, or a file in the GGUF format)");
        Files.write(folder.resolve("config.json"), TestModels.TINY.toJson());
        assertRefused("model.safetensors: absent (expected: one, or model.safetensors.index.json with its files)");
        save("pytorch_model.bin", "");
        assertRefused(
                "pytorch_model.bin: a pickle, which can run code when it is read (expected: model.safetensors;"
                        + " transformers makes it: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(other_folder))");
        save("config.json", "{\"model_type\":\"bert\"}");
        assertRefused("model_type: bert (expected: gpt2 or llama or qwen2)");
        save("a.gguf", "");
        assertRefused("folder: config.json and a.gguf (expected: one of the two, as either is a model)");
        save("b.gguf", "");
        assertRefused("folder: [a.gguf, b.gguf] (expected: one GGUF file)");
        assertThatThrownBy(() -> ForeignModel.open(folder.resolve("config.json")))
                .hasMessage("config.json: no GGUF file"
                        + " (expected: one, or a folder with config.json and model.safetensors)");
    }

    @Test
    void refusesTensorsByName() throws IOException {
        Files.write(folder.resolve("config.json"), TestModels.TINY_LLAMA.toJson());
        write(
                TestModels.TINY_LLAMA,
                WEIGHTS,
                name -> name.equals("model.norm.weight") ? "model.other" : name,
                parameter -> true,
                DType.F32);
        assertRefused("tensor model.norm.weight: absent (expected: [12])");
        write(TestModels.TINY_QWEN2, WEIGHTS, UnaryOperator.identity(), parameter -> true, DType.F32);
        assertThatThrownBy(() -> ForeignModel.open(folder))
                .hasMessageStartingWith("tensor lm_head.weight: absent (expected: [23, 12])");
    }

    /** The keys of a Llama in GGUF that are read, its weights being those of {@link TestModels#lively}. */
    static GgufContent llama() {
        return new GgufContent()
                .text("general.architecture", "llama")
                .integer("llama.context_length", 7)
                .integer("llama.embedding_length", 12)
                .integer("llama.block_count", 2)
                .integer("llama.feed_forward_length", 10)
                .integer("llama.attention.head_count", 6)
                .integer("llama.attention.head_count_kv", 3)
                .integer("llama.attention.key_length", 4)
                .number("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .number("llama.rope.freq_base", 50);
    }

    static GgufContent withTensors(GgufContent content) {
        Weights weights = TestModels.lively(TestModels.TINY_LLAMA);
        GgufTensor.of(TestModels.TINY_LLAMA).forEach((name, tensor) -> {
            float[] values = TestModels.floats(weights, name);
            long[] shape = TestModels.TINY_LLAMA.parameters().stream()
                    .filter(parameter -> parameter.name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .shape()
                    .asArray();
            float[] laid = tensor.layout() == GgufTensor.Layout.PAIRED ? paired(values, 4, (int) shape[1]) : values;
            content.tensor(tensor.name(), GgufTensorType.F32, taker -> taker.take(FloatBuffer.wrap(laid)), shape);
        });
        return content;
    }

    /** As the converter of llama.cpp does it: reshape(heads, 2, d / 2, in).swapaxes(1, 2). */
    private static float[] paired(float[] values, int headWidth, int in) {
        float[] laid = new float[values.length];
        int half = headWidth / 2;
        for (int head = 0; head < values.length / headWidth / in; head++) {
            for (int side = 0; side < 2; side++) {
                for (int i = 0; i < half; i++) {
                    int from = (head * headWidth + side * half + i) * in;
                    int to = (head * headWidth + 2 * i + side) * in;
                    System.arraycopy(values, from, laid, to, in);
                }
            }
        }
        return laid;
    }

    @Test
    void readsALlamaOfGguf() throws IOException {
        GgufContent content = llama().integer("tokenizer.ggml.bos_token_id", 1)
                .integer("tokenizer.ggml.eos_token_id", 2)
                .integer("tokenizer.ggml.eot_token_id", 5)
                .text("tokenizer.chat_template", "{{ x }}");
        withTensors(content).save(folder.resolve("model.gguf"));
        try (ForeignModel model = ForeignModel.open(folder)) {
            assertThat(model.config()).isEqualTo(TestModels.TINY_LLAMA);
            assertThat(model.stopIds()).containsExactly(2, 5);
            assertThat(model.chatTemplate()).contains("{{ x }}");
            assertThat(model.gguf().orElseThrow().integer("tokenizer.ggml.bos_token_id"))
                    .isEqualTo(1);
            assertThat(JSON.readTree(model.generationConfigJson()))
                    .isEqualTo(JSON.readTree("{\"bos_token_id\":1,\"eos_token_id\":[2,5]}"));
        }
        assertWeights(imported(), TestModels.TINY_LLAMA);
    }

    @Test
    void takesAHeadThatRepeatsTheEmbeddingOfAGpt2ForTied() throws IOException {
        assertThat(headOfGpt(1, 2)).isTrue();
        assertThat(headOfGpt(1, 3)).isFalse();
    }

    private boolean headOfGpt(float... head) throws IOException {
        GgufContent content = new GgufContent()
                .text("general.architecture", "gpt2")
                .integer("gpt2.context_length", 1)
                .integer("gpt2.embedding_length", 1)
                .integer("gpt2.block_count", 1)
                .integer("gpt2.feed_forward_length", 4)
                .integer("gpt2.attention.head_count", 1)
                .number("gpt2.attention.layer_norm_epsilon", 1e-5f);
        GptConfig untied = new GptConfig(2, 1, 1, 1, 1, 1e-5f, false);
        GgufTensor.of(untied).forEach((name, tensor) -> {
            long[] shape = untied.parameters().stream()
                    .filter(parameter -> parameter.name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .shape()
                    .asArray();
            if (tensor.layout() == GgufTensor.Layout.TRANSPOSED) {
                shape = new long[] {shape[1], shape[0]};
            }
            float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            if (tensor.name().equals("token_embd.weight")) {
                values[0] = 1;
                values[1] = 2;
            }
            float[] own = tensor.name().equals("output.weight") ? head : values;
            content.tensor(tensor.name(), GgufTensorType.F32, taker -> taker.take(FloatBuffer.wrap(own)), shape);
        });
        content.save(folder.resolve("model.gguf"));
        try (ForeignModel model = ForeignModel.open(folder)) {
            return model.config().tiedHead();
        }
    }

    @Test
    void refusesWhatAGgufFileAsksForByName() throws IOException {
        assertGgufRefused(
                new GgufContent().text("general.architecture", "bert"),
                "general.architecture: bert (expected: gpt2 or llama or qwen2)");
        assertGgufRefused(llama(), "tensor token_embd.weight: absent (expected: one)");
        assertGgufRefused(
                withTensors(llama()).integer("llama.rope.dimension_count", 2),
                "llama.rope.dimension_count: 2 (expected: 4)");
        assertGgufRefused(
                withTensors(llama()).text("llama.rope.scaling.type", "yarn"),
                "llama.rope.scaling.type: yarn (expected: none)");
        assertGgufRefused(withTensors(llama()).integer("llama.expert_count", 8), "llama.expert_count: 8 (expected: 0)");
        assertGgufRefused(
                withTensors(llama()).number("llama.logit_scale", 2),
                "llama.logit_scale: F32 2.0 (expected: none of this name)");
        assertGgufRefused(
                withTensors(llama()).tensor("rope_freqs.weight", GgufTensorType.F32, ForeignModelTest::two, 2),
                "tensor rope_freqs.weight: present"
                        + " (expected: absent, as Llama 3's scaling of positions is not computed)");
        assertGgufRefused(
                withTensors(llama()).tensor("blk.0.attn_q.bias", GgufTensorType.F32, ForeignModelTest::two, 2),
                "tensors: [blk.0.attn_q.bias] (expected: none but those of a llama)");
        assertGgufRefused(
                llama().tensor("token_embd.weight", GgufTensorType.F32, ForeignModelTest::two, 1, 2),
                "tensor token_embd.weight: [1, 2] (expected: [1, 12])");
    }

    private static void two(GgufContent.Taker taker) throws IOException {
        taker.take(FloatBuffer.wrap(new float[] {1, 2}));
    }

    private void assertGgufRefused(GgufContent content, String message) throws IOException {
        content.save(folder.resolve("model.gguf"));
        assertRefused(message);
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> ForeignModel.open(folder).close())
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage(message);
    }

    private void whole(DecoderConfig config) throws IOException {
        write(config, WEIGHTS, UnaryOperator.identity(), parameter -> true, DType.F32);
        Files.write(folder.resolve("config.json"), config.toJson());
    }

    private void save(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private Path imported() throws IOException {
        Path version = Files.createDirectories(folder.resolve("version"));
        ExchangeFiles.save(folder, version);
        return version;
    }

    private static void assertWeights(Path version, DecoderConfig config) throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(version.resolve(WEIGHTS))) {
            Weights found = Weights.of(config, file);
            for (Parameter parameter : config.parameters()) {
                assertThat(found.get(parameter.name()))
                        .as(parameter.name())
                        .isEqualTo(TestModels.lively(config).get(parameter.name()));
            }
        }
    }

    private void write(
            DecoderConfig config, String name, UnaryOperator<String> naming, Predicate<Parameter> which, DType dtype)
            throws IOException {
        Weights weights = TestModels.lively(config);
        List<Parameter> parameters = config.parameters().stream().filter(which).toList();
        try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(name))) {
            writer.metadata("format", "pt");
            for (Parameter parameter : parameters) {
                writer.declare(
                        naming.apply(parameter.name()), dtype, parameter.shape().asArray());
            }
            for (Parameter parameter : parameters) {
                writer.write(naming.apply(parameter.name()), bytes(weights.get(parameter.name()), dtype));
            }
            writer.seal();
        }
    }

    private static ByteBuffer bytes(FloatBuffer values, DType dtype) {
        ByteBuffer bytes =
                ByteBuffer.allocate(values.remaining() * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        while (values.hasRemaining()) {
            switch (dtype) {
                case F16 -> bytes.putShort(HalfPrecision.toF16(values.get()));
                case BF16 -> bytes.putShort(HalfPrecision.toBf16(values.get()));
                default -> bytes.putFloat(values.get());
            }
        }
        return bytes.flip();
    }
}
