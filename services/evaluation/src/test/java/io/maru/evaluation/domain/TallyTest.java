package io.maru.evaluation.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.metrics.LanguageModelScore;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TallyTest {
    private static final BpeTokenizer TOKENIZER = tokenizer();
    private static final TextTokens TEXT = new TextTokens(TOKENIZER);
    private static final int END = TOKENIZER.endOfText();

    /** Its last token is "aa". */
    private static BpeTokenizer tokenizer() {
        BpeTrainer trainer = new BpeTrainer(258, TieRule.SMALLEST_IDS);
        trainer.add("aaaa");
        return trainer.train();
    }

    @Test
    void sumsOverTextAndLeavesEndOfTextOut() {
        Tally tally = Tally.NONE
                .plus(window(END, 257, END, 5), new float[] {-0.5f, -9, -2}, TEXT)
                .plus(window(5, 257), new float[] {-0.25f}, TEXT);

        assertThat(tally).isEqualTo(new Tally(2, new LanguageModelScore(2.75, 3, 2 + 1 + 2)));
    }

    /** A prompt of two tokens, and the completion "aa": ln 4 nats over one token of two bytes, which is one bit a byte. */
    @Test
    void leavesOutWhatTheDatasetDoesNotLearnFrom() {
        BitSet completion = new BitSet();
        completion.set(3);
        Window window = new Window(new int[] {END, 5, 6, 257, END}, completion);

        LanguageModelScore score = Tally.NONE
                .plus(window, new float[] {-8, -7, (float) Math.log(0.25), -9}, TEXT)
                .score();

        assertThat(score.tokens()).isEqualTo(1);
        assertThat(score.bytes()).isEqualTo(2);
        assertThat(score.negativeLogLikelihood()).isCloseTo(1.3862944, within(1e-6));
        assertThat(score.perplexity()).isCloseTo(4, within(1e-5));
        assertThat(score.bitsPerByte()).isCloseTo(1, within(1e-6));
    }

    @Test
    void theFirstTokenOfAWindowIsContextOnly() {
        assertThat(Tally.NONE.plus(window(257, END), new float[] {-3}, TEXT))
                .isEqualTo(new Tally(1, LanguageModelScore.EMPTY));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 0.5f})
    void refusesWhatIsNoLogarithmOfAProbability(float number) {
        assertThatThrownBy(() -> Tally.NONE.plus(window(END, 5), new float[] {number}, TEXT))
                .hasMessage("window 0, token 1: log-probability " + number + " (expected: finite and at most 0)");
    }

    @Test
    void aRoundingErrorAboveCertaintyIsCertainty() {
        assertThat(Tally.NONE
                        .plus(window(END, 5), new float[] {1e-6f}, TEXT)
                        .score()
                        .negativeLogLikelihood())
                .isZero();
    }

    @Test
    void refusesAnotherNumberOfScores() {
        assertThatThrownBy(() -> Tally.NONE.plus(window(END, 5), new float[2], TEXT))
                .hasMessage("window 0: 2 log-probabilities (expected: 1)");
    }

    /** All its text counts. */
    private static Window window(int... tokens) {
        BitSet scored = new BitSet();
        IntStream.range(1, tokens.length).filter(i -> tokens[i] != END).forEach(scored::set);
        return new Window(tokens, scored);
    }
}
