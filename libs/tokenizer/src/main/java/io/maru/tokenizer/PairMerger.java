package io.maru.tokenizer;

import java.util.Arrays;

/*
 * Merges the bytes of one word: always the pair of lowest rank, the leftmost of equals, until no pair has a merge.
 *
 *     l o w e r      ranks: (l o) 0, (e r) 1, (lo w) 2
 *     lo . w e r     the heap gives 0 at position 0
 *     lo . w er .    then 1 at position 3
 *     low . . er .   then 2 at position 0; (low er) has no merge
 *
 * Symbols are a linked list inside arrays, so a merge costs the same wherever it is, and candidates wait in a heap: n
 * bytes take O(n log n), even if a word is a megabyte long. A candidate is not removed from the heap when its pair is
 * gone; it is recognised by a rank that its position no longer has.
 */

/** Reused from word to word by one thread. */
final class PairMerger {
    private static final int END = -1;

    private final MergeTable merges;
    private final int[] tokenOfByte;

    private int[] symbols = new int[0];
    private int[] next = new int[0];
    private int[] previous = new int[0];
    /** The rank of the pair that starts at a position; {@link MergeTable#NONE} if it has no merge or is gone. */
    private int[] ranks = new int[0];
    /** A binary heap of {@code rank << 32 | position}, smallest first. */
    private long[] heap = new long[0];

    private int heapSize;

    PairMerger(MergeTable merges, int[] tokenOfByte) {
        this.merges = merges;
        this.tokenOfByte = tokenOfByte;
    }

    /** Merges the first {@code length} bytes, at least one. Returns how many of {@link #tokens} are the result. */
    int merge(byte[] bytes, int length) {
        reserve(length);
        for (int i = 0; i < length; i++) {
            symbols[i] = tokenOfByte[bytes[i] & 0xFF];
            previous[i] = i - 1;
            next[i] = i + 1 < length ? i + 1 : END;
        }
        heapSize = 0;
        for (int i = 0; i < length; i++) {
            rankPairAt(i);
        }
        while (heapSize > 0) {
            long candidate = pop();
            int position = (int) candidate;
            int rank = (int) (candidate >>> Integer.SIZE);
            if (ranks[position] == rank) {
                mergeAt(position, rank);
            }
        }
        int count = 0;
        for (int i = 0; i != END; i = next[i]) {
            symbols[count++] = symbols[i];
        }
        return count;
    }

    int[] tokens() {
        return symbols;
    }

    private void mergeAt(int position, int rank) {
        int gone = next[position];
        symbols[position] = merges.merged(rank);
        ranks[gone] = MergeTable.NONE;
        next[position] = next[gone];
        if (next[gone] != END) {
            previous[next[gone]] = position;
        }
        rankPairAt(position);
        if (previous[position] != END) {
            rankPairAt(previous[position]);
        }
    }

    private void rankPairAt(int position) {
        int right = next[position];
        int rank = right == END ? MergeTable.NONE : merges.rank(symbols[position], symbols[right]);
        ranks[position] = rank;
        if (rank != MergeTable.NONE) {
            push(((long) rank << Integer.SIZE) | position);
        }
    }

    private void reserve(int length) {
        if (symbols.length < length) {
            int capacity = Math.max(length, 2 * symbols.length);
            symbols = new int[capacity];
            next = new int[capacity];
            previous = new int[capacity];
            ranks = new int[capacity];
        }
    }

    private void push(long candidate) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, Math.max(64, 2 * heap.length));
        }
        int hole = heapSize++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (heap[parent] <= candidate) {
                break;
            }
            heap[hole] = heap[parent];
            hole = parent;
        }
        heap[hole] = candidate;
    }

    private long pop() {
        long smallest = heap[0];
        long last = heap[--heapSize];
        int hole = 0;
        for (int child = 1; child < heapSize; child = 2 * hole + 1) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (last <= heap[child]) {
                break;
            }
            heap[hole] = heap[child];
            hole = child;
        }
        heap[hole] = last;
        return smallest;
    }
}
