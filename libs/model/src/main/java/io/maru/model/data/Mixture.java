package io.maru.model.data;

import io.maru.model.random.SplitMix64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/*
 * Which source a row comes from is decided for a period of rows at a time. With weights 0.75 and 0.25 and a period of 8:
 *
 *     rows of the period     0 1 2 3 4 5 6 7
 *     shuffled               3 6 0 5 1 7 2 4      by its number and the seed
 *     source                 0 1 0 0 0 1 0 0      the first six of eight are source 0's
 *     row of the source      0 0 1 2 3 1 4 5      and 6 0 7 8 ... in the next period
 *
 * So every period has the exact shares, a source's rows come in the source's own order and none is left out, and a row is a
 * function of its number alone. A single source has the rows that it has by itself.
 */

/** Mixes the rows of several {@link BatchOrder}s by weight. Not safe for use by several threads. */
public final class Mixture {
    /** Rows that have the exact shares. */
    static final int PERIOD = 4096;

    private final List<BatchOrder> sources;
    private final long seed;
    private final int[] quotas;

    /** The period that is laid out in the next two. */
    private long laidOut = -1;

    private final int[] source = new int[PERIOD];
    private final int[] rank = new int[PERIOD];

    /**
     * A row of a batch.
     *
     * @param source index of the source
     */
    public record Row(int source, BatchOrder.Window window) {}

    /**
     * @param sources of the same batch size; at least one
     * @param weights one for each; only their ratios matter
     * @throws IllegalArgumentException if a source has less than one row of a period
     */
    public Mixture(List<BatchOrder> sources, List<Double> weights, long seed) {
        if (sources.isEmpty() || sources.size() != weights.size()) {
            throw new IllegalArgumentException(
                    "weights: " + weights.size() + " (expected: one for each of " + sources.size() + " sources)");
        }
        this.sources = List.copyOf(sources);
        this.seed = seed;
        this.quotas = quotas(weights);
    }

    /** A source that is not mixed with any. */
    public static Mixture of(BatchOrder source) {
        return new Mixture(List.of(source), List.of(1.0), 0);
    }

    /** Rows of a period for each source, by largest remainders. */
    private static int[] quotas(List<Double> weights) {
        double sum = 0;
        for (double weight : weights) {
            if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("weight: " + weight + " (expected: > 0, finite)");
            }
            sum += weight;
        }
        double[] shares = new double[weights.size()];
        int[] quotas = new int[weights.size()];
        int left = PERIOD;
        for (int i = 0; i < quotas.length; i++) {
            shares[i] = weights.get(i) / sum * PERIOD;
            quotas[i] = (int) shares[i];
            left -= quotas[i];
        }
        int[] byRemainder = IntStream.range(0, quotas.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> quotas[i] - shares[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int i = 0; i < left; i++) {
            quotas[byRemainder[i]]++;
        }
        for (int i = 0; i < quotas.length; i++) {
            if (quotas[i] == 0) {
                throw new IllegalArgumentException("weight: " + weights.get(i) + " of " + sum
                        + " altogether (expected: at least one part in " + PERIOD + ")");
            }
        }
        return quotas;
    }

    /**
     * The rows of a step.
     *
     * @param step counted from 0
     */
    public List<Row> batch(long step) {
        if (sources.size() == 1) {
            return sources.get(0).batch(step).stream()
                    .map(window -> new Row(0, window))
                    .toList();
        }
        if (step < 0) {
            throw new IllegalArgumentException("step: " + step + " (expected: >= 0)");
        }
        int batch = sources.get(0).batch();
        List<Row> rows = new ArrayList<>(batch);
        long first = Math.multiplyExact(step, batch);
        for (int i = 0; i < batch; i++) {
            rows.add(row(Math.addExact(first, i)));
        }
        return rows;
    }

    /**
     * The batches, counted from 0, that hold a token of a stretch of a shard, as an input or as a target. In order, each once.
     *
     * @param source index of the source
     * @param shard index of the shard in it
     * @param from the first token of the stretch
     * @param to the token after its last
     * @param batches that there are
     */
    public LongStream batchesWith(int source, int shard, long from, long to, long batches) {
        BatchOrder order = sources.get(source);
        int batch = order.batch();
        long rows = Math.multiplyExact(batches, batch);
        LongStream places = sources.size() == 1
                ? order.rowsWith(shard, from, to, rows)
                : order.rowsWith(shard, from, to, BatchOrder.ceiling(rows, PERIOD) * quotas[source])
                        .map(row -> place(source, row))
                        .filter(place -> place < rows);
        return places.map(place -> place / batch).sorted().distinct();
    }

    /** Where a row of a source is among all rows: the inverse of {@link #row}. */
    private long place(int from, long row) {
        long period = row / quotas[from];
        layOut(period);
        int wanted = (int) (row % quotas[from]);
        int place = 0;
        while (source[place] != from || rank[place] != wanted) {
            place++;
        }
        return period * PERIOD + place;
    }

    private Row row(long at) {
        long period = at / PERIOD;
        layOut(period);
        int place = (int) (at % PERIOD);
        int from = source[place];
        return new Row(from, sources.get(from).row(period * quotas[from] + rank[place]));
    }

    private void layOut(long period) {
        if (laidOut == period) {
            return;
        }
        int end = 0;
        for (int i = 0; i < quotas.length; i++) {
            Arrays.fill(source, end, end + quotas[i], i);
            end += quotas[i];
        }
        // Fisher and Yates's shuffle, with random numbers of this period's own.
        SplitMix64 random = new SplitMix64(SplitMix64.mix(SplitMix64.mix(seed) + period));
        for (int i = PERIOD - 1; i > 0; i--) {
            int other = (int) (random.nextDouble() * (i + 1));
            int swapped = source[i];
            source[i] = source[other];
            source[other] = swapped;
        }
        int[] seen = new int[quotas.length];
        for (int i = 0; i < PERIOD; i++) {
            rank[i] = seen[source[i]]++;
        }
        laidOut = period;
    }
}
