package io.maru.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
    private static final LearningRate RATE = new LearningRate(1f, 0.2f, 4, 104);

    @Test
    void risesInALine() {
        assertThat(RATE.at(0)).isEqualTo(0.25f);
        assertThat(RATE.at(1)).isEqualTo(0.5f);
        assertThat(RATE.at(3)).isEqualTo(1f);
    }

    @Test
    void fallsAlongHalfACosine() {
        assertThat(RATE.at(4)).isEqualTo(1f);
        assertThat(RATE.at(54)).isEqualTo(0.6f);
        assertThat(RATE.at(54 - 25)).isGreaterThan(0.8f);
        assertThat(RATE.at(54 + 25)).isLessThan(0.4f);
    }

    @Test
    void staysAtTheFloorAfterTheEnd() {
        assertThat(RATE.at(104)).isEqualTo(0.2f);
        assertThat(RATE.at(Long.MAX_VALUE)).isEqualTo(0.2f);
    }

    @Test
    void fallsInALine() {
        LearningRate rate = new LearningRate(1f, 0.2f, 4, 104, Decay.LINEAR);
        assertThat(rate.at(4)).isEqualTo(1f);
        assertThat(rate.at(29)).isEqualTo(0.8f);
        assertThat(rate.at(79)).isEqualTo(0.4f);
        assertThat(rate.at(104)).isEqualTo(0.2f);
    }

    @Test
    void staysAtThePeakForFourFifthsAndThenFallsInALine() {
        LearningRate rate = new LearningRate(1f, 0.2f, 4, 104, Decay.WSD);
        assertThat(rate.at(1)).isEqualTo(0.5f);
        assertThat(rate.at(4)).isEqualTo(1f);
        assertThat(rate.at(84)).isEqualTo(1f);
        assertThat(rate.at(94)).isCloseTo(0.6f, within(1e-6f));
        assertThat(rate.at(104)).isEqualTo(0.2f);
    }

    @Test
    void staysWhereItIs() {
        LearningRate rate = new LearningRate(1f, 0.2f, 4, 104, Decay.CONSTANT);
        assertThat(rate.at(1)).isEqualTo(0.5f);
        assertThat(rate.at(50)).isEqualTo(1f);
        assertThat(rate.at(Long.MAX_VALUE)).isEqualTo(1f);
    }

    @Test
    void needsNoWarmUp() {
        assertThat(new LearningRate(1f, 0f, 0, 10).at(0)).isEqualTo(1f);
    }

    @Test
    void refusesWhatIsNoSchedule() {
        assertThatThrownBy(() -> new LearningRate(0f, 0f, 0, 1)).hasMessage("peak: 0.0 (expected: > 0)");
        assertThatThrownBy(() -> new LearningRate(1f, 2f, 0, 1)).hasMessage("floor: 2.0 (expected: 0..1.0, the peak)");
        assertThatThrownBy(() -> new LearningRate(1f, 0f, 2, 1))
                .hasMessage("warmupSteps: 2 (expected: 0..1, the total)");
        assertThatThrownBy(() -> RATE.at(-1)).hasMessage("step: -1 (expected: >= 0)");
    }
}
