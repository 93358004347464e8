package io.maru.model.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.model.data.BatchOrder.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BatchOrderTest {
    /** Windows of 4: 2, none, none, 3, 1. */
    private static final List<Long> SHARDS = List.of(10L, 4L, 0L, 13L, 5L);

    @Test
    void takesEveryWindowOnceAnEpoch() {
        BatchOrder order = new BatchOrder(SHARDS, 4, 3, 7);
        assertThat(order.windowsPerEpoch()).isEqualTo(6);
        for (long epoch = 0; epoch < 20; epoch++) {
            List<Window> rows = rows(order, 2 * epoch, 2);
            assertThat(rows)
                    .containsExactlyInAnyOrder(
                            new Window(0, 0),
                            new Window(0, 4),
                            new Window(3, 0),
                            new Window(3, 4),
                            new Window(3, 8),
                            new Window(4, 0));
        }
    }

    @Test
    void aStepMayHoldTheEndOfOneEpochAndTheStartOfTheNext() {
        List<Window> inSteps = rows(new BatchOrder(SHARDS, 4, 4, 7), 0, 3);
        assertThat(inSteps).isEqualTo(rows(new BatchOrder(SHARDS, 4, 6, 7), 0, 2));
    }

    @Test
    void isAPureFunctionOfSeedAndStep() {
        List<Long> shards = List.of(100_000L);
        BatchOrder order = new BatchOrder(shards, 10, 8, 1);
        assertThat(order.batch(123)).isEqualTo(new BatchOrder(shards, 10, 8, 1).batch(123));
        assertThat(order.batch(123)).isNotEqualTo(new BatchOrder(shards, 10, 8, 2).batch(123));
        assertThat(order.batch(0)).isNotEqualTo(order.batch(order.windowsPerEpoch() / 8 + 1));
    }

    /** Whoever changes this raises {@link BatchOrder#VERSION}. */
    @Test
    void keepsTheOrderOfItsVersion() {
        assertThat(BatchOrder.VERSION).isEqualTo(1);
        assertThat(new BatchOrder(List.of(1_000L, 1_000_000L), 64, 4, 42).batch(1_000_000))
                .containsExactly(
                        new Window(1, 380288), new Window(1, 630208), new Window(1, 119744), new Window(1, 837632));
    }

    @Test
    void looksRandom() {
        int windows = 10_000;
        List<Window> rows = rows(new BatchOrder(List.of(windows + 1L), 1, 100, 3), 0, 100);
        double[] offsets = rows.stream().mapToDouble(Window::offset).toArray();
        // Uniform numbers have no correlation with their place, nor with their neighbour; 4 standard deviations.
        double[] places = LongStream.range(0, windows).asDoubleStream().toArray();
        assertThat(Math.abs(correlation(offsets, places, 0))).isLessThan(0.04);
        assertThat(Math.abs(correlation(offsets, offsets, 1))).isLessThan(0.04);
    }

    @Test
    void knowsHowManyEpochsAreOver() {
        assertThat(new BatchOrder(SHARDS, 4, 3, 7).epochs(3)).isEqualTo(1.5);
    }

    @Test
    void holdsNoMoreForALargeCorpus() {
        BatchOrder order = new BatchOrder(List.of(1L << 50), 1024, 2, 1);
        List<Window> rows = rows(order, 0, 1000);
        assertThat(rows).doesNotHaveDuplicates().allMatch(window -> window.offset() + 1024 < 1L << 50);
    }

    @Test
    void oneWindowIsEnough() {
        assertThat(new BatchOrder(List.of(5L), 4, 2, 1).batch(9)).containsOnly(new Window(0, 0));
    }

    @Test
    void refusesShardsWithoutAWindow() {
        assertThatThrownBy(() -> new BatchOrder(List.of(4L), 4, 1, 0))
                .hasMessage("shardTokens: [4] (expected: one of at least 5, a row and the token after it)");
        assertThatThrownBy(() -> new BatchOrder(List.of(-1L), 4, 1, 0))
                .hasMessage("shardTokens[0]: -1 (expected: >= 0)");
        assertThatThrownBy(() -> new BatchOrder(SHARDS, 4, 0, 0)).hasMessage("batch: 0 (expected: >= 1)");
        assertThatThrownBy(() -> new BatchOrder(SHARDS, 4, 1, 0).batch(-1)).hasMessage("step: -1 (expected: >= 0)");
    }

    private static List<Window> rows(BatchOrder order, long first, int steps) {
        List<Window> rows = new ArrayList<>();
        for (long step = first; step < first + steps; step++) {
            rows.addAll(order.batch(step));
        }
        return rows;
    }

    private static double correlation(double[] x, double[] y, int lag) {
        double mean = (x.length - 1) / 2.0;
        double sum = 0;
        for (int i = 0; i + lag < x.length; i++) {
            sum += (x[i] - mean) * (y[i + lag] - mean);
        }
        return sum / (x.length * ((double) x.length * x.length / 12));
    }
}
