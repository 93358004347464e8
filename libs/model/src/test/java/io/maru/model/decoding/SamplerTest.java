package io.maru.model.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SamplerTest {
    /** Probabilities 0.1, 0.4, 0.2, 0.3. */
    private static final float[] LOGITS = logs(0.1, 0.4, 0.2, 0.3);

    private static final int DRAWS = 40_000;

    @Test
    void takesTheLikeliestAtTemperatureZero() {
        assertThat(shares(SamplingOptions.greedy())).containsExactly(0, 1, 0, 0);
        assertThat(shares(new SamplingOptions(1, 1, 1, 5))).containsExactly(0, 1, 0, 0);
    }

    @Test
    void drawsByTheModelsOwnProbabilities() {
        assertThat(shares(new SamplingOptions(1, 0, 1, 5))).containsExactly(new double[] {0.1, 0.4, 0.2, 0.3}, near());
    }

    @Test
    void aHighTemperatureMakesTokensMoreAlike() {
        // At temperature 2 the weights are the roots.
        double sum = Math.sqrt(0.1) + Math.sqrt(0.4) + Math.sqrt(0.2) + Math.sqrt(0.3);
        double[] expected = {Math.sqrt(0.1) / sum, Math.sqrt(0.4) / sum, Math.sqrt(0.2) / sum, Math.sqrt(0.3) / sum};
        assertThat(shares(new SamplingOptions(2, 0, 1, 5))).containsExactly(expected, near());
    }

    @Test
    void drawsAmongTheTopKOnly() {
        assertThat(shares(new SamplingOptions(1, 2, 1, 5)))
                .containsExactly(new double[] {0, 0.4 / 0.7, 0, 0.3 / 0.7}, near());
        assertThat(shares(new SamplingOptions(1, 100, 1, 5)))
                .containsExactly(new double[] {0.1, 0.4, 0.2, 0.3}, near());
    }

    @Test
    void drawsAmongTheLikeliestThatTogetherReachTopP() {
        // 0.4 is less than 0.6, and 0.4 + 0.3 is not.
        assertThat(shares(new SamplingOptions(1, 0, 0.6f, 5)))
                .containsExactly(new double[] {0, 0.4 / 0.7, 0, 0.3 / 0.7}, near());
        assertThat(shares(new SamplingOptions(1, 0, 1e-6f, 5))).containsExactly(0, 1, 0, 0);
    }

    @Test
    void topPCountsWithinTheTopK() {
        // Of the top three, 0.4 has a share of 0.44 and 0.3 one of 0.33.
        assertThat(shares(new SamplingOptions(1, 3, 0.5f, 5)))
                .containsExactly(new double[] {0, 0.4 / 0.7, 0, 0.3 / 0.7}, near());
    }

    @Test
    void equalSeedsDrawEqualTokens() {
        assertThat(draws(new SamplingOptions(1, 0, 1, 9))).isEqualTo(draws(new SamplingOptions(1, 0, 1, 9)));
        assertThat(draws(new SamplingOptions(1, 0, 1, 9))).isNotEqualTo(draws(new SamplingOptions(1, 0, 1, 10)));
    }

    @Test
    void neverDrawsWhatIsImpossible() {
        float[] logits = {Float.NEGATIVE_INFINITY, -1000, Float.NEGATIVE_INFINITY};
        for (long seed = 0; seed < 100; seed++) {
            assertThat(new Sampler(new SamplingOptions(1, 0, 1, seed)).next(logits))
                    .isEqualTo(1);
            assertThat(new Sampler(new SamplingOptions(1, 0, 0.99f, seed)).next(logits))
                    .isEqualTo(1);
            assertThat(new Sampler(new SamplingOptions(1, 3, 1, seed)).next(logits))
                    .isEqualTo(1);
        }
    }

    @Test
    void sortsNegativeLogitsAndZerosToo() {
        float[] logits = {-3, -0f, 0f, 2, -1};
        assertThat(IntStream.range(1, 5)
                        .map(k -> (int) IntStream.range(0, 2000)
                                .map(seed -> new Sampler(new SamplingOptions(100, k, 1, seed)).next(logits))
                                .distinct()
                                .count())
                        .toArray())
                .containsExactly(1, 2, 3, 4);
        // Equally likely: the lower id comes first.
        assertThat(IntStream.range(0, 200).map(seed -> new Sampler(new SamplingOptions(100, 2, 1, seed)).next(logits)))
                .containsOnly(1, 3);
    }

    @Test
    void refusesWhatIsNoDistribution() {
        Sampler sampler = new Sampler(SamplingOptions.greedy());
        assertThatThrownBy(() -> sampler.next(new float[] {0, Float.NaN}))
                .hasMessage("logits[1]: NaN (expected: a number)");
        assertThatThrownBy(() -> sampler.next(new float[0]))
                .hasMessage("logits: 0, none possible (expected: one at least)");
    }

    @Test
    void refusesOptionsOutOfRange() {
        assertThatThrownBy(() -> new SamplingOptions(-1, 0, 1, 0)).hasMessage("temperature: -1.0 (expected: 0..100.0)");
        assertThatThrownBy(() -> new SamplingOptions(Float.NaN, 0, 1, 0)).hasMessageStartingWith("temperature: NaN");
        assertThatThrownBy(() -> new SamplingOptions(1, -1, 1, 0)).hasMessage("topK: -1 (expected: >= 0)");
        assertThatThrownBy(() -> new SamplingOptions(1, 0, 0, 0)).hasMessage("topP: 0.0 (expected: 0 < topP <= 1)");
    }

    private static int[] draws(SamplingOptions options) {
        Sampler sampler = new Sampler(options);
        return IntStream.range(0, DRAWS).map(i -> sampler.next(LOGITS)).toArray();
    }

    private static double[] shares(SamplingOptions options) {
        double[] shares = new double[LOGITS.length];
        for (int id : draws(options)) {
            shares[id] += 1.0 / DRAWS;
        }
        // The sum of the shares of a sure token is 1 up to rounding.
        for (int id = 0; id < shares.length; id++) {
            shares[id] = Math.rint(shares[id] * 1e9) / 1e9;
        }
        return shares;
    }

    /** Four standard deviations of a share. */
    private static Offset<Double> near() {
        return within(0.01);
    }

    private static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }
}
