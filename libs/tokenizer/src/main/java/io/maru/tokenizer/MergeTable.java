package io.maru.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * From a pair of neighbours to their merge: open addressing over primitives, since it is asked per byte. A pair and its
 * merge lie side by side, so that one look at memory finds both. The first tokens, which are the single bytes in nearly all
 * vocabularies, have a table of all their pairs: most questions are about those.
 */
final class MergeTable {
    /** No merge. It is greater than any merge, so a search for the lowest rank passes it by. */
    static final long NONE = Long.MAX_VALUE;

    private static final long EMPTY = -1; // no pair: ids are not negative

    private static final int FIRST = 1 + (1 << Byte.SIZE);

    private final long[] ofFirst = new long[FIRST * FIRST];
    private final long[] entries;
    private final int mask;

    /** A table with room for so many. */
    MergeTable(int merges) {
        int capacity = Integer.highestOneBit(Math.max(1, merges)) << 2;
        entries = new long[2 * capacity];
        Arrays.fill(entries, EMPTY);
        Arrays.fill(ofFirst, NONE);
        mask = capacity - 1;
    }

    /** @param ranks of the merges; null if each has its place in the list */
    MergeTable(List<Merge> merges, int[] ranks) {
        this(merges.size());
        for (int i = 0; i < merges.size(); i++) {
            add(merges.get(i), ranks == null ? i : ranks[i]);
        }
    }

    void add(Merge merge, int rank) {
        long found = (long) rank << Integer.SIZE | merge.merged();
        if (merge.left() < FIRST && merge.right() < FIRST) {
            ofFirst[merge.left() * FIRST + merge.right()] = found;
        }
        long pair = Merge.pair(merge.left(), merge.right());
        int slot = slot(pair);
        entries[slot] = pair;
        entries[slot + 1] = found;
    }

    /** The merge of two tokens as {@code rank << 32 | merged}, so that the lower is the one to do first; or {@link #NONE}. */
    long find(int left, int right) {
        if (left < FIRST && right < FIRST) {
            return ofFirst[left * FIRST + right];
        }
        long pair = Merge.pair(left, right);
        int slot = slot(pair);
        return entries[slot] == pair ? entries[slot + 1] : NONE;
    }

    /** Where {@code pair} is, or the empty place where it would be. */
    private int slot(long pair) {
        long hash = pair * 0x9E3779B97F4A7C15L; // 2^64 / golden ratio: its high bits depend on every bit of the pair
        int slot = (int) (hash >>> 32) & mask;
        while (entries[2 * slot] != pair && entries[2 * slot] != EMPTY) {
            slot = (slot + 1) & mask;
        }
        return 2 * slot;
    }
}
