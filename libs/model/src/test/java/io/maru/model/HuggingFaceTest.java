package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.decoding.Decoder;
import io.maru.model.decoding.Sampler;
import io.maru.model.decoding.SamplingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Trained models that Hugging Face transformers saved, against what transformers computes with it. */
class HuggingFaceTest {
    private static Path shared;

    @BeforeAll
    static void find() {
        String root = System.getProperty("maru.root", ".");
        String named = System.getenv("MARU_SHARED");
        shared = named == null ? Path.of(root, "..", "shared") : Path.of(named);
        assumeTrue(
                Files.exists(shared.resolve("data/facts/stories260K.json")),
                "the shared data is not here; MARU_SHARED names its folder");
    }

    @Test
    void continuesAndScoresAsTransformersDoes() throws IOException {
        JsonNode facts = new ObjectMapper()
                .readTree(shared.resolve("data/facts/tiny-gpt2-shakespeare-hf.json")
                        .toFile());
        try (Decoder decoder = decoder("tiny-gpt2-shakespeare-hf")) {
            for (JsonNode prompt : facts.get("prompts")) {
                float[] logits = decoder.prefill(ints(prompt.get("ids")));
                JsonNode expected = prompt.get("last_logits");
                for (int id = 0; id < logits.length; id++) {
                    assertThat((double) logits[id])
                            .as("%s, token %d", prompt.get("text"), id)
                            .isCloseTo(expected.get(id).doubleValue(), within(1e-4));
                }
                assertThat(continuation(
                                decoder, logits, prompt.get("greedy_ids").size()))
                        .as(prompt.get("text").asText())
                        .isEqualTo(ints(prompt.get("greedy_ids")));
            }
            double sum = 0;
            long count = 0;
            for (JsonNode window : facts.get("nll").get("ids_4_windows")) {
                double[] scores = decoder.score(ints(window));
                sum -= Arrays.stream(scores).sum();
                count += scores.length;
            }
            assertThat(sum / count)
                    .isCloseTo(facts.get("nll").get("mean_nll_of_4_windows").doubleValue(), within(1e-5));
        }
    }

    @Test
    void continuesAsTheLlamaThatWasConvertedDoes() throws IOException {
        JsonNode facts = new ObjectMapper()
                .readTree(shared.resolve("data/facts/stories260K.json").toFile());
        try (Decoder decoder = decoder("stories260K-hf")) {
            for (JsonNode prompt : facts.get("prompts")) {
                float[] logits = decoder.prefill(ints(prompt.get("ids")));
                JsonNode expected = prompt.get("last_logits");
                for (int id = 0; id < logits.length; id++) {
                    assertThat((double) logits[id])
                            .as("%s, token %d", prompt.get("prompt"), id)
                            .isCloseTo(expected.get(id).doubleValue(), within(1e-4));
                }
                int[] greedy = ints(prompt.get("greedy_80_ids"));
                assertThat(continuation(decoder, logits, greedy.length))
                        .as(prompt.get("prompt").asText())
                        .isEqualTo(greedy);
            }
        }
    }

    /** As llama2.c's own documentation has it: the longest story, from nothing but the beginning of text. */
    @Test
    void tellsTheStoryThatItsAuthorPublished() throws IOException {
        JsonNode facts = new ObjectMapper()
                .readTree(shared.resolve("data/facts/stories260K.json").toFile());
        int[] story = ints(facts.get("greedy_from_bos").get("ids"));
        try (Decoder decoder = decoder("stories260K-hf")) {
            float[] logits = decoder.prefill(new int[] {story[0]});
            assertThat(continuation(decoder, logits, story.length - 1))
                    .isEqualTo(Arrays.copyOfRange(story, 1, story.length));
        }
    }

    @Test
    void readsTheConfigurationsThatTransformersWrote() throws IOException {
        assertThat(config("tiny-gpt2-shakespeare-hf")).isEqualTo(new GptConfig(512, 128, 3, 4, 64));
        assertThat(config("fake-gpt2-hf")).isEqualTo(new GptConfig(50257, 1024, 1, 1, 2));
        assertThat(config("stories260K-hf"))
                .isEqualTo(new LlamaConfig(512, 512, 5, 8, 4, 64, 8, 172, 1e-5f, 10_000, true));
    }

    @Test
    void readsGpt2sOwnVocabulary() throws IOException {
        JsonNode facts = new ObjectMapper()
                .readTree(shared.resolve("data/facts/fake-gpt2-hf.json").toFile());
        try (Decoder decoder = decoder("fake-gpt2-hf")) {
            for (JsonNode prompt : facts.get("prompts")) {
                float[] logits = decoder.prefill(ints(prompt.get("ids")));
                JsonNode expected = prompt.get("last_logits_first_16");
                for (int id = 0; id < expected.size(); id++) {
                    assertThat((double) logits[id]).isCloseTo(expected.get(id).doubleValue(), within(2e-5));
                }
                JsonNode argmax = prompt.get("argmax_each_position");
                assertThat(new Sampler(SamplingOptions.greedy()).next(logits))
                        .isEqualTo(argmax.get(argmax.size() - 1).intValue());
            }
        }
    }

    private static int[] continuation(Decoder decoder, float[] logits, int count) {
        Sampler sampler = new Sampler(SamplingOptions.greedy());
        int[] ids = new int[count];
        float[] next = logits;
        for (int i = 0; i < count; i++) {
            ids[i] = sampler.next(next);
            next = decoder.step(ids[i]);
        }
        return ids;
    }

    private static Decoder decoder(String model) throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(folder(model).resolve("model.safetensors"))) {
            return Decoder.load(config(model), file, TestModels.TWO_THREADS);
        }
    }

    private static DecoderConfig config(String model) throws IOException {
        return DecoderConfig.fromJson(Files.readAllBytes(folder(model).resolve("config.json")));
    }

    private static Path folder(String model) {
        return shared.resolve("data/weights").resolve(model);
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }
}
