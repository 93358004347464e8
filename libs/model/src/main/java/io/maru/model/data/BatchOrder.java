package io.maru.model.data;

import io.maru.model.random.SplitMix64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/*
 * Training is a pure function of (manifest, seed, step).
 *
 *     checkpoint 500 | 501 502 ... 729 X
 *     resumed        | 501 502 ... 729 730 ...   same batches, same loss
 *
 * Each shard is cut into windows of `block` inputs. With block 4 and shards of 10 and 6 tokens there are 2 + 1:
 *
 *     shard 0   0 1 2 3 4 5 6 7 8 9      window 0: 0..3 predict 1..4   window 1: 4..7 predict 5..8
 *     shard 1   0 1 2 3 4 5              window 2: 0..3 predict 1..4
 *
 * An epoch takes every window once, in an order of its own. The order is computed, not stored: a Feistel network permutes
 * any number of windows in no memory, so a corpus of 10^12 tokens costs what one of 10^3 does.
 *
 * If you change how a step maps to a batch, raise BatchOrder.VERSION: old runs must not resume on it.
 */

/** Which tokens a training step sees. Immutable. */
public final class BatchOrder {
    /** Stored with every run; a run resumes only on the version that it began with. */
    public static final int VERSION = 1;

    private static final int ROUNDS = 6;

    private final int block;
    private final int batch;
    private final long seed;
    /** Windows in the shards before each shard, and last of all. */
    private final long[] windowsBefore;
    /** Bits of one half of the smallest network whose numbers include every window's. */
    private final int halfBits;

    /**
     * Where a row of a batch is: tokens {@code offset .. offset + block - 1} are its inputs, and the tokens one further
     * its targets.
     *
     * @param shard index of the shard
     * @param offset of the first token in it
     */
    public record Window(int shard, long offset) {}

    /**
     * @param shardTokens tokens of each shard, in the order of the manifest
     * @param block tokens of a row, T
     * @param batch rows of a step, B
     * @throws IllegalArgumentException if no shard is long enough for a row and the token after it
     */
    public BatchOrder(List<Long> shardTokens, int block, int batch, long seed) {
        requirePositive("block", block);
        requirePositive("batch", batch);
        this.block = block;
        this.batch = batch;
        this.seed = seed;
        windowsBefore = new long[shardTokens.size() + 1];
        for (int shard = 0; shard < shardTokens.size(); shard++) {
            long tokens = shardTokens.get(shard);
            if (tokens < 0) {
                throw new IllegalArgumentException("shardTokens[" + shard + "]: " + tokens + " (expected: >= 0)");
            }
            // The last token of a window is predicted by the one before it, so one token is only ever a target.
            long windows = Math.max(0, tokens - 1) / block;
            windowsBefore[shard + 1] = Math.addExact(windowsBefore[shard], windows);
        }
        if (windowsPerEpoch() == 0) {
            throw new IllegalArgumentException("shardTokens: " + shardTokens + " (expected: one of at least "
                    + (block + 1L) + ", a row and the token after it)");
        }
        halfBits = (Long.SIZE - Long.numberOfLeadingZeros(windowsPerEpoch() - 1) + 1) / 2;
    }

    /** Rows before a window comes again. */
    public long windowsPerEpoch() {
        return windowsBefore[windowsBefore.length - 1];
    }

    /** Passes over all windows that {@code steps} steps are; 1.5 is one and a half. */
    public double epochs(long steps) {
        return (double) steps * batch / windowsPerEpoch();
    }

    /**
     * The rows of a step. An epoch may end within it.
     *
     * @param step counted from 0
     */
    public List<Window> batch(long step) {
        if (step < 0) {
            throw new IllegalArgumentException("step: " + step + " (expected: >= 0)");
        }
        List<Window> rows = new ArrayList<>(batch);
        long first = Math.multiplyExact(step, batch);
        for (int row = 0; row < batch; row++) {
            rows.add(row(Math.addExact(first, row)));
        }
        return rows;
    }

    /** One row of all that the steps have together, counted from 0. */
    Window row(long at) {
        return window(permuted(at % windowsPerEpoch(), at / windowsPerEpoch()));
    }

    int batch() {
        return batch;
    }

    /**
     * The rows, counted as in {@link #row}, that hold a token of a stretch of a shard, as an input or as a target. In order.
     *
     * @param from the first token of the stretch
     * @param to the token after its last
     * @param rows that there are
     */
    LongStream rowsWith(int shard, long from, long to, long rows) {
        long inShard = windowsBefore[shard + 1] - windowsBefore[shard];
        // A window reads one token more than it is long: the target of its last.
        long first = Math.max(0, ceiling(from - block, block));
        long end = Math.min(inShard, ceiling(to, block));
        long windows = windowsPerEpoch();
        return LongStream.range(first, Math.max(first, end))
                .map(window -> windowsBefore[shard] + window)
                .flatMap(window -> LongStream.range(0, ceiling(rows, windows))
                        .map(epoch -> epoch * windows + place(window, epoch)))
                .filter(row -> row < rows)
                .sorted();
    }

    private Window window(long index) {
        int found = Arrays.binarySearch(windowsBefore, index);
        // Shards without a window share a number with the shard after them, which is the one that is meant.
        int shard = found < 0 ? -found - 2 : found;
        while (windowsBefore[shard + 1] == index) {
            shard++;
        }
        return new Window(shard, (index - windowsBefore[shard]) * block);
    }

    /** A permutation of the windows: a Feistel network is one of a power of 4, walked on until it lands on a window. */
    private long permuted(long index, long epoch) {
        long key = SplitMix64.mix(seed) + epoch;
        long at = index;
        do {
            at = feistel(at, key);
        } while (at >= windowsPerEpoch());
        return at;
    }

    /** The inverse of {@link #permuted}: the same walk, backwards. */
    private long place(long window, long epoch) {
        long key = SplitMix64.mix(seed) + epoch;
        long at = window;
        do {
            at = undoneFeistel(at, key);
        } while (at >= windowsPerEpoch());
        return at;
    }

    private long undoneFeistel(long number, long key) {
        long mask = (1L << halfBits) - 1;
        long left = number >>> halfBits;
        long right = number & mask;
        for (int round = ROUNDS - 1; round >= 0; round--) {
            long before = right ^ (SplitMix64.mix(SplitMix64.mix(key * ROUNDS + round) ^ left) & mask);
            right = left;
            left = before;
        }
        return left << halfBits | right;
    }

    /**
     * Whatever the rounds compute, each can be undone, so that no two numbers become the same one.
     *
     * <p>Source: M. Luby, C. Rackoff, "How to construct pseudorandom permutations from pseudorandom functions", 1988.
     */
    private long feistel(long number, long key) {
        long mask = (1L << halfBits) - 1;
        long left = number >>> halfBits;
        long right = number & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ (SplitMix64.mix(SplitMix64.mix(key * ROUNDS + round) ^ right) & mask);
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }

    /** The smallest whole number that is no less than the quotient. */
    static long ceiling(long dividend, long divisor) {
        return -Math.floorDiv(-dividend, divisor);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }
}
