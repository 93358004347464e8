package io.maru.model.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.SafetensorsFile;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.decoding.Decoder;
import io.maru.model.decoding.Sampler;
import io.maru.model.decoding.SamplingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A published model of 135 million parameters, from its GGUF file to the files of a model version to what it says. */
class SmolLmTest {
    private static final String GGUF = "data/weights/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

    @TempDir
    Path version;

    @Test
    void answersAsTransformersDoes() throws IOException {
        String named = System.getenv("MARU_SHARED");
        Path shared = named == null ? Path.of(System.getProperty("maru.root", "."), "..", "shared") : Path.of(named);
        assumeTrue(Files.exists(shared.resolve(GGUF)), "the shared data is not here; MARU_SHARED names its folder");
        JsonNode facts = new ObjectMapper()
                .readTree(
                        shared.resolve("data/facts/smollm2-135m-instruct.json").toFile());
        ExchangeFiles.save(shared.resolve(GGUF), version);
        DecoderConfig config = DecoderConfig.fromJson(Files.readAllBytes(version.resolve("config.json")));
        assertThat(config).isEqualTo(new LlamaConfig(49_152, 8192, 30, 9, 3, 576, 64, 1536, 1e-5f, 100_000, true));
        assertThat(Files.readString(version.resolve("generation_config.json"))).contains("\"eos_token_id\" : 2");
        try (SafetensorsFile file = SafetensorsFile.open(version.resolve("model.safetensors"));
                Decoder decoder = Decoder.load(config, file, TestModels.TWO_THREADS)) {
            for (JsonNode chat : facts.get("chats")) {
                float[] logits = decoder.prefill(ints(chat.get("ids")));
                assertLikeliest(logits, chat.get("next"));
                int[] greedy = ints(chat.get("greedy_ids"));
                Sampler sampler = new Sampler(SamplingOptions.greedy());
                for (int i = 0; i < greedy.length; i++) {
                    int id = sampler.next(logits);
                    assertThat(id)
                            .as("%s, token %d", chat.get("greedy_text"), i)
                            .isEqualTo(greedy[i]);
                    logits = decoder.step(id);
                }
            }
            for (JsonNode text : facts.get("log_probabilities")) {
                double[] scores = decoder.score(ints(text.get("ids")));
                JsonNode expected = text.get("log_probabilities");
                assertThat(scores).hasSize(expected.size());
                for (int i = 0; i < scores.length; i++) {
                    assertThat(scores[i])
                            .as("%s, %d", text.get("text"), i)
                            .isCloseTo(expected.get(i).doubleValue(), within(1e-4));
                }
            }
        }
    }

    private static void assertLikeliest(float[] logits, JsonNode next) {
        double max = IntStream.range(0, logits.length)
                .mapToDouble(i -> logits[i])
                .max()
                .orElseThrow();
        double sum = IntStream.range(0, logits.length)
                .mapToDouble(i -> Math.exp(logits[i] - max))
                .sum();
        for (int i = 0; i < next.get("ids").size(); i++) {
            int id = next.get("ids").get(i).intValue();
            assertThat(logits[id] - max - Math.log(sum))
                    .isCloseTo(next.get("log_probabilities").get(i).doubleValue(), within(1e-4));
        }
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }
}
