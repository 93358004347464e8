package io.maru.tokenizer;

import java.util.Arrays;
import java.util.List;

/** From a pair of neighbours to the rank of their merge: open addressing over primitives, since it is asked per byte. */
final class MergeTable {
    static final int NONE = -1;

    private static final long EMPTY = -1; // no pair: ids are not negative

    private final long[] pairs;
    private final int[] ranks;
    private final int[] mergedByRank;

    MergeTable(List<Merge> merges) {
        int capacity = Integer.highestOneBit(Math.max(1, merges.size())) << 2;
        pairs = new long[capacity];
        Arrays.fill(pairs, EMPTY);
        ranks = new int[capacity];
        mergedByRank = new int[merges.size()];
        for (int rank = 0; rank < merges.size(); rank++) {
            Merge merge = merges.get(rank);
            int slot = slot(Merge.pair(merge.left(), merge.right()));
            pairs[slot] = Merge.pair(merge.left(), merge.right());
            ranks[slot] = rank;
            mergedByRank[rank] = merge.merged();
        }
    }

    int rank(int left, int right) {
        long pair = Merge.pair(left, right);
        int slot = slot(pair);
        return pairs[slot] == pair ? ranks[slot] : NONE;
    }

    int merged(int rank) {
        return mergedByRank[rank];
    }

    /** Where {@code pair} is, or the empty place where it would be. */
    private int slot(long pair) {
        long hash = pair * 0x9E3779B97F4A7C15L; // 2^64 / golden ratio: its high bits depend on every bit of the pair
        int slot = (int) (hash >>> 32) & (pairs.length - 1);
        while (pairs[slot] != pair && pairs[slot] != EMPTY) {
            slot = (slot + 1) & (pairs.length - 1);
        }
        return slot;
    }
}
