package io.maru.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageModelScoreTest {
    private static final Percentage ROUNDING = Percentage.withPercentage(1e-10);

    // Computed in Python with decimal.Decimal of 50 digits: nll / tokens, its exp(), nll / (ln 2 * bytes).
    @ParameterizedTest
    @CsvSource({
        "1234.5, 500, 1800, 2.469, 11.810630314048225046, 0.98944834887634740355",
        "3.75, 1, 4, 3.75, 42.521082000062783056, 1.3525266008334031944",
        "0.001, 7, 20, 0.00014285714285714285714, 1.0001428673474247015, 0.000072134752044448170368",
        "2871945.25, 1003854, 1115394, 2.8609192671444253846, 17.477586124795429348, 3.7146884149274733728",
        "709000, 1000, 1, 709, 8.2184074615549721892e+307, 1022870.7839902750558",
        "123456789012.5, 40000000000, 170000000000, 3.0864197253125, 21.898534686955683390, 1.0477088074847577401",
        "0, 3, 9, 0, 1, 0",
    })
    void agreesWithAnIndependentComputation(
            double negativeLogLikelihood,
            long tokens,
            long bytes,
            double crossEntropy,
            double perplexity,
            double bitsPerByte) {
        LanguageModelScore score = new LanguageModelScore(negativeLogLikelihood, tokens, bytes);
        assertThat(score.crossEntropy()).isCloseTo(crossEntropy, ROUNDING);
        assertThat(score.perplexity()).isCloseTo(perplexity, ROUNDING);
        assertThat(score.bitsPerByte()).isCloseTo(bitsPerByte, ROUNDING);
    }

    @Test
    void givesTheSizeOfTheVocabularyToAModelThatOnlyGuesses() {
        // By hand: 256 equally likely tokens of one byte are a perplexity of 256 and 8 bits per byte.
        LanguageModelScore score = new LanguageModelScore(100 * Math.log(256), 100, 100);
        assertThat(score.perplexity()).isCloseTo(256, within(1e-9));
        assertThat(score.bitsPerByte()).isCloseTo(8, within(1e-12));
    }

    @Test
    void addsPartsUpToTheWhole() {
        LanguageModelScore whole = new LanguageModelScore(1.5, 1, 4).plus(new LanguageModelScore(6.5, 3, 9));
        assertThat(whole).isEqualTo(new LanguageModelScore(8, 4, 13));
        // Not the mean of the parts' means, 1.83.
        assertThat(whole.crossEntropy()).isEqualTo(2);
        assertThat(LanguageModelScore.EMPTY.plus(whole)).isEqualTo(whole);
    }

    @Test
    void admitsThatAPerplexityIsBeyondADouble() {
        assertThat(new LanguageModelScore(710, 1, 1).perplexity()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void refusesAMetricOfNothing() {
        assertThatThrownBy(LanguageModelScore.EMPTY::crossEntropy)
                .isInstanceOf(UndefinedMetricException.class)
                .hasMessage("crossEntropy: of 0 tokens (expected: >= 1)");
        assertThatThrownBy(LanguageModelScore.EMPTY::perplexity)
                .isInstanceOf(UndefinedMetricException.class)
                .hasMessage("perplexity: of 0 tokens (expected: >= 1)");
        assertThatThrownBy(new LanguageModelScore(2, 1, 0)::bitsPerByte)
                .isInstanceOf(UndefinedMetricException.class)
                .hasMessage("bitsPerByte: of 0 bytes (expected: >= 1)");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -1e-9})
    void refusesALikelihoodThatIsNone(double negativeLogLikelihood) {
        assertThatThrownBy(() -> new LanguageModelScore(negativeLogLikelihood, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("negativeLogLikelihood: " + negativeLogLikelihood + " (expected: finite and >= 0)");
    }

    @Test
    void refusesCountsThatAreNone() {
        assertThatThrownBy(() -> new LanguageModelScore(1, -1, 1)).hasMessage("tokens: -1 (expected: >= 0)");
        assertThatThrownBy(() -> new LanguageModelScore(1, 1, -2)).hasMessage("bytes: -2 (expected: >= 0)");
        assertThatThrownBy(() -> new LanguageModelScore(1, 0, 1))
                .hasMessage("negativeLogLikelihood: 1.0 (expected: 0 for 0 tokens)");
    }

    @Test
    void refusesToWrapAroundWhenCountsOverflow() {
        LanguageModelScore large = new LanguageModelScore(1, Long.MAX_VALUE, 1);
        assertThatThrownBy(() -> large.plus(large)).isInstanceOf(ArithmeticException.class);
    }
}
