package io.maru.inference.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.Content;
import io.maru.formats.GgufMetadata;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.decoding.Sampler;
import io.maru.model.decoding.SamplingOptions;
import io.maru.model.device.DeviceOptions;
import io.maru.model.exchange.ForeignModel;
import io.maru.model.weights.Weights;
import io.maru.tokenizer.GgufVocabulary;
import io.maru.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFlowModelTest {
    private static final DecoderConfig SHAPE = new LlamaConfig(8, 16, 1, 1, 1, 4, 4);
    private static final int BOS = 1;

    @TempDir
    Path folder;

    /** As of Llama 2: a tokenizer that has no end-of-text by name. */
    @Test
    void beginsAndStopsAsTheFilesOfAForeignModelSay() throws IOException {
        tokenizer(true);
        generation("{\"bos_token_id\":1,\"eos_token_id\":[2,5]}");
        try (LanguageModel model = load()) {
            assertThat(model.stopIds()).containsExactlyInAnyOrder(2, 5);
            assertThat(model.encode("ab", SpecialTokens.TEXT)).containsExactly(BOS, 7, 5);
            assertThat(model.encode("", SpecialTokens.TEXT)).containsExactly(BOS);
        }
    }

    @Test
    void putsNoTokenOfTheTemplateBeforeAPromptOfAModelThatBeginsOtherwise() throws IOException {
        tokenizer(true);
        generation("{\"bos_token_id\":3,\"eos_token_id\":3}");
        try (LanguageModel model = load()) {
            assertThat(model.encode("ab", SpecialTokens.TEXT)).containsExactly(7, 5);
            assertThat(model.encode("", SpecialTokens.TEXT)).containsExactly(3);
        }
    }

    @Test
    void goesOnWithoutAnyTokenThatStops() throws IOException {
        tokenizer(false);
        generation("{}");
        try (LanguageModel model = load()) {
            assertThat(model.stopIds()).isEmpty();
            assertThat(model.encode("", SpecialTokens.TEXT)).isEmpty();
        }
    }

    @Test
    void answersAChatFromTheFilesOfAnImportedModel() throws IOException {
        String named = System.getenv("MARU_SHARED");
        Path shared = named == null ? Path.of(System.getProperty("maru.root", "."), "..", "shared") : Path.of(named);
        Path gguf = shared.resolve("data/weights/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        assumeTrue(Files.exists(gguf), "the shared data is not here; MARU_SHARED names its folder");
        JsonNode chat = new ObjectMapper()
                .readTree(
                        shared.resolve("data/facts/smollm2-135m-instruct.json").toFile())
                .at("/chats/plain");
        try (ForeignModel foreign = ForeignModel.open(gguf)) {
            for (Map.Entry<String, Content> file : foreign.files().entrySet()) {
                file.getValue().save(folder.resolve(file.getKey()));
            }
            Files.write(
                    folder.resolve("tokenizer.json"),
                    vocabulary(foreign.gguf().orElseThrow()).toJson());
        }
        try (LanguageModel model =
                        TensorFlowModel.loader(DeviceOptions.allCores()).load(folder);
                LanguageModel.Session session = model.open()) {
            int[] ids = model.tokenizer().encode(chat.get("rendered").textValue(), SpecialTokens.ALLOW);
            assertThat(ids).isEqualTo(ints(chat.get("ids")));
            Sampler sampler = new Sampler(SamplingOptions.greedy());
            List<Integer> answer = new ArrayList<>();
            int next = sampler.next(session.prefill(ids));
            while (!model.stopIds().contains(next)) {
                answer.add(next);
                next = sampler.next(session.step(next));
            }
            int[] said = answer.stream().mapToInt(Integer::intValue).toArray();
            assertThat(model.tokenizer().decode(said)).isEqualTo("The capital of France is Paris.");
        }
    }

    private static GgufVocabulary vocabulary(GgufMetadata keys) {
        return new GgufVocabulary(
                keys.text("tokenizer.ggml.model"),
                keys.text("tokenizer.ggml.pre"),
                keys.texts("tokenizer.ggml.tokens"),
                List.of(),
                Arrays.stream(keys.integers("tokenizer.ggml.token_type"))
                        .mapToObj(type -> (int) type)
                        .toList(),
                keys.texts("tokenizer.ggml.merges"),
                (int) keys.integer("tokenizer.ggml.bos_token_id"),
                (int) keys.integer("tokenizer.ggml.eos_token_id"),
                (int) keys.integer("tokenizer.ggml.unknown_token_id"),
                (int) keys.integer("tokenizer.ggml.padding_token_id"),
                keys.flag("tokenizer.ggml.add_bos_token", false),
                keys.flag("tokenizer.ggml.add_space_prefix", false));
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }

    private LanguageModel load() throws IOException {
        Files.write(folder.resolve("config.json"), SHAPE.toJson());
        Weights.initial(SHAPE, 1).save(folder.resolve("model.safetensors"));
        return TensorFlowModel.loader(DeviceOptions.allCores()).load(folder);
    }

    private void generation(String json) throws IOException {
        Files.write(folder.resolve("generation_config.json"), json.getBytes(UTF_8));
    }

    private void tokenizer(boolean addBos) throws IOException {
        GgufVocabulary vocabulary = new GgufVocabulary(
                "llama",
                "",
                List.of("<unk>", "<begin>", "<end>", "\u2581", "a", "b", "ab", "\u2581a"),
                List.of(0f, 0f, 0f, -3f, -4f, -5f, -2f, -1f),
                List.of(2, 3, 3, 1, 1, 1, 1, 1),
                List.of(),
                BOS,
                2,
                0,
                GgufVocabulary.NONE,
                addBos,
                true);
        Files.write(folder.resolve("tokenizer.json"), vocabulary.toJson());
    }
}
