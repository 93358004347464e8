package io.maru.model.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.maru.model.data.BatchOrder.Window;
import io.maru.model.data.Mixture.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MixtureTest {
    private static final int BATCH = 8;
    /** 3,000 windows of 4. */
    private static final BatchOrder LARGE = new BatchOrder(List.of(12_001L), 4, BATCH, 7);
    /** 100 windows of 4. */
    private static final BatchOrder SMALL = new BatchOrder(List.of(401L), 4, BATCH, 8);

    @Test
    void aSingleSourceHasTheRowsThatItHasByItself() {
        Mixture alone = new Mixture(List.of(LARGE), List.of(0.3), 5);

        for (long step : new long[] {0, 1, 374, 375, 1_000_000}) {
            assertThat(alone.batch(step)).extracting(Row::window).containsExactlyElementsOf(LARGE.batch(step));
        }
    }

    @Test
    void everyPeriodHasTheExactShares() {
        Mixture mixture = new Mixture(List.of(LARGE, SMALL), List.of(3.0, 1.0), 5);

        for (long period = 0; period < 5; period++) {
            List<Row> rows = rows(mixture, period * Mixture.PERIOD / BATCH, Mixture.PERIOD / BATCH);
            assertThat(rows).filteredOn(row -> row.source() == 1).hasSize(Mixture.PERIOD / 4);
        }
        // A hundred rows are a sample of the period: 25 of the small one, with a standard deviation of 4.3.
        long early =
                rows(mixture, 0, 13).stream().filter(row -> row.source() == 1).count();
        assertThat((double) early).isCloseTo(26, within(18.0));
    }

    @Test
    void knowsTheBatchesThatHoldAStretchOfTokens() {
        int block = 4;
        BatchOrder shards = new BatchOrder(List.of(401L, 3L, 90L), block, BATCH, 8);
        long batches = 2_000;
        for (int source : new int[] {0, 1}) {
            Mixture mixture =
                    source == 0 ? Mixture.of(shards) : new Mixture(List.of(LARGE, shards), List.of(0.7, 0.3), 5);
            for (long[] stretch :
                    new long[][] {{0, 0, 1}, {0, 17, 30}, {0, 398, 401}, {2, 40, 41}, {2, 87, 90}, {1, 0, 3}}) {
                List<Long> expected = LongStream.range(0, batches)
                        .filter(batch -> mixture.batch(batch).stream()
                                .anyMatch(row -> row.source() == source
                                        && row.window().shard() == stretch[0]
                                        && row.window().offset() < stretch[2]
                                        && row.window().offset() + block >= stretch[1]))
                        .boxed()
                        .toList();

                assertThat(mixture.batchesWith(source, (int) stretch[0], stretch[1], stretch[2], batches)
                                .boxed())
                        .containsExactlyElementsOf(expected);
            }
        }
    }

    @Test
    void takesEachSourcesRowsInItsOwnOrderAndLeavesNoneOut() {
        Mixture mixture = new Mixture(List.of(LARGE, SMALL), List.of(0.7, 0.3), 5);
        List<Row> rows = rows(mixture, 0, 2 * Mixture.PERIOD / BATCH);

        for (BatchOrder source : List.of(LARGE, SMALL)) {
            int index = source == LARGE ? 0 : 1;
            List<Window> seen = rows.stream()
                    .filter(row -> row.source() == index)
                    .map(Row::window)
                    .toList();
            List<Window> own = new ArrayList<>();
            for (long step = 0; own.size() < seen.size(); step++) {
                own.addAll(source.batch(step));
            }
            assertThat(seen).containsExactlyElementsOf(own.subList(0, seen.size()));
        }
    }

    @Test
    void isAPureFunctionOfWeightsSeedAndStep() {
        Mixture forwards = new Mixture(List.of(LARGE, SMALL), List.of(0.7, 0.3), 5);
        Mixture resumed = new Mixture(List.of(LARGE, SMALL), List.of(7.0, 3.0), 5);
        rows(forwards, 0, 3_000);

        assertThat(resumed.batch(2_345)).isEqualTo(forwards.batch(2_345));
        assertThat(forwards.batch(17)).isEqualTo(resumed.batch(17));
        assertThat(new Mixture(List.of(LARGE, SMALL), List.of(0.7, 0.3), 6).batch(17))
                .isNotEqualTo(forwards.batch(17));
        assertThat(sources(rows(forwards, 0, 64))).isNotEqualTo(sources(rows(forwards, 512, 64)));
    }

    /** Of src/test/reference/mixture.py. Whoever changes this raises {@link BatchOrder#VERSION}. */
    @Test
    void keepsTheOrderOfItsVersion() {
        Mixture mixture = new Mixture(List.of(LARGE, SMALL), List.of(0.5, 0.5), 42);

        assertThat(sources(mixture.batch(0))).containsExactly(1, 0, 1, 0, 0, 0, 1, 1);
        assertThat(sources(mixture.batch(511))).containsExactly(1, 0, 1, 1, 0, 0, 0, 1);
        assertThat(sources(mixture.batch(1_000_000))).containsExactly(0, 0, 0, 0, 0, 0, 1, 0);
    }

    @Test
    void refusesWeightsThatMixNothing() {
        assertThatThrownBy(() -> new Mixture(List.of(LARGE, SMALL), List.of(1.0), 0))
                .hasMessage("weights: 1 (expected: one for each of 2 sources)");
        assertThatThrownBy(() -> new Mixture(List.of(LARGE, SMALL), List.of(1.0, -0.5), 0))
                .hasMessage("weight: -0.5 (expected: > 0, finite)");
        assertThatThrownBy(() -> new Mixture(List.of(LARGE, SMALL), List.of(1.0, Double.NaN), 0))
                .hasMessage("weight: NaN (expected: > 0, finite)");
        assertThatThrownBy(() -> new Mixture(List.of(LARGE, SMALL), List.of(1e6, 1.0), 0))
                .hasMessage("weight: 1.0 of 1000001.0 altogether (expected: at least one part in 4096)");
    }

    private static List<Row> rows(Mixture mixture, long first, int steps) {
        List<Row> rows = new ArrayList<>();
        for (long step = first; step < first + steps; step++) {
            rows.addAll(mixture.batch(step));
        }
        return rows;
    }

    private static List<Integer> sources(List<Row> rows) {
        return rows.stream().map(Row::source).toList();
    }
}
