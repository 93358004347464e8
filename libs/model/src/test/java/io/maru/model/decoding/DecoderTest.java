package io.maru.model.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.model.PlainGraph;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecoderTest {
    private static final GptConfig CONFIG = TestModels.TINY;
    private static final int VOCABULARY = CONFIG.vocabularySize();
    private static final double TOLERANCE = 1e-5;

    private static Decoder decoder;
    private static PlainGraph graph;

    @BeforeAll
    static void load() {
        decoder = Decoder.load(TestModels.lively(CONFIG), TestModels.TWO_THREADS);
        graph = new PlainGraph(TestModels.lively(CONFIG), 1);
    }

    @AfterAll
    static void close() {
        decoder.close();
        graph.close();
    }

    static Stream<DecoderConfig> models() {
        return TestModels.all();
    }

    @ParameterizedTest
    @MethodSource("models")
    void decodesWithItsCacheWhatTheFullForwardPassGives(DecoderConfig config) {
        int[] tokens = TestModels.tokens(config.block(), config.vocabularySize(), 11);
        try (Decoder decoder = Decoder.load(TestModels.lively(config), TestModels.TWO_THREADS);
                PlainGraph graph = new PlainGraph(TestModels.lively(config), 1)) {
            float[] full = graph.logits(tokens); // (T * V)
            for (int prompt = 1; prompt <= tokens.length; prompt++) {
                float[] logits = decoder.prefill(Arrays.copyOf(tokens, prompt));
                assertClose(logits, full, prompt - 1);
                for (int position = prompt; position < tokens.length; position++) {
                    assertClose(decoder.step(tokens[position]), full, position);
                }
                assertThat(decoder.length()).isEqualTo(config.block());
            }
        }
    }

    @Test
    void aPromptStartsOver() {
        int[] prompt = {3, 1, 4};
        float[] first = decoder.prefill(prompt);
        decoder.prefill(TestModels.tokens(CONFIG.block(), VOCABULARY, 12));
        assertThat(decoder.prefill(prompt)).isEqualTo(first);
    }

    @Test
    void refusesWhatTheModelHasNoPositionFor() {
        int[] full = TestModels.tokens(CONFIG.block(), VOCABULARY, 13);
        assertThatThrownBy(() -> decoder.prefill(TestModels.tokens(CONFIG.block() + 1, VOCABULARY, 13)))
                .isInstanceOf(ContextOverflowException.class)
                .hasMessage("context: 8 tokens (expected: at most 7, the model's block)");

        float[] before = decoder.prefill(Arrays.copyOf(full, full.length - 1));
        float[] after = decoder.step(full[full.length - 1]);
        assertThatThrownBy(() -> decoder.step(1)).isInstanceOf(ContextOverflowException.class);
        assertThat(decoder.length()).isEqualTo(CONFIG.block());
        assertThat(after).isNotEqualTo(before);
    }

    @Test
    void refusesWhatIsNoToken() {
        assertThatThrownBy(() -> decoder.prefill(new int[] {1, -1})).hasMessage("tokens[1]: -1 (expected: 0..22)");
        assertThatThrownBy(() -> decoder.prefill(new int[0])).hasMessage("prompt: 0 tokens (expected: at least 1)");
        assertThatThrownBy(() -> decoder.score(new int[] {1})).hasMessage("tokens: 1 (expected: at least 2)");
    }

    @Test
    void scoresEachTokenByTheLogitsBeforeIt() {
        int[] tokens = TestModels.tokens(CONFIG.block() + 1, VOCABULARY, 14);
        float[] logits = graph.logits(Arrays.copyOf(tokens, CONFIG.block()));
        double[] scores = decoder.score(tokens);
        assertThat(scores).hasSize(CONFIG.block());
        for (int i = 0; i < scores.length; i++) {
            double sum = 0;
            for (int id = 0; id < VOCABULARY; id++) {
                sum += Math.exp(logits[i * VOCABULARY + id]);
            }
            double expected = logits[i * VOCABULARY + tokens[i + 1]] - Math.log(sum);
            assertThat(scores[i]).isCloseTo(expected, within(TOLERANCE));
        }
    }

    @Test
    void scoresALongTextInWindowsThatSeeOnlyThemselves() {
        int block = CONFIG.block();
        int[] tokens = TestModels.tokens(3 * block + 3, VOCABULARY, 15);
        double[] scores = decoder.score(tokens);
        assertThat(scores).hasSize(tokens.length - 1);
        for (int from = 0; from < scores.length; from += block) {
            int to = Math.min(from + block, scores.length);
            double[] alone = decoder.score(Arrays.copyOfRange(tokens, from, to + 1));
            assertThat(Arrays.copyOfRange(scores, from, to)).containsExactly(alone, within(TOLERANCE));
        }
    }

    @Test
    void leaksNoTensor() {
        decoder.prefill(new int[] {1, 2});
        decoder.score(new int[] {1, 2, 3});
        long before = Pointer.totalCount();
        for (int i = 0; i < 50; i++) {
            decoder.prefill(new int[] {1, 2});
            decoder.step(3);
            decoder.score(new int[] {1, 2, 3});
        }
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    private static void assertClose(float[] logits, float[] full, int position) {
        assertThat(logits).hasSize(VOCABULARY);
        for (int id = 0; id < VOCABULARY; id++) {
            assertThat((double) logits[id])
                    .as("position %d, token %d", position, id)
                    .isCloseTo(full[position * VOCABULARY + id], within(TOLERANCE));
        }
    }
}
