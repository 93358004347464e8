package io.maru.tokenizer;

import java.util.Arrays;

/*
 * Merges the symbols of one word: always the pair of lowest rank, the leftmost of equals, until no pair has a merge.
 *
 *     l o w e r      ranks: (l o) 0, (e r) 1, (lo w) 2
 *     lo . w e r     the heap gives 0 at position 0
 *     lo . w er .    then 1 at position 3
 *     low . . er .   then 2 at position 0; (low er) has no merge
 *
 * A short word, as nearly all are, lies in an array that is searched through for each merge and closed up after it. For
 * a long one that would be quadratic: there symbols are a linked list inside arrays, so a merge costs the same wherever
 * it is, and candidates wait in a heap. n symbols take O(n log n), even if a word is a megabyte long. A candidate is not
 * removed from the heap when its pair is gone; it is recognised by a merge that its position no longer has.
 */

/** Reused from word to word by one thread. */
final class PairMerger {
    private static final int END = -1;
    private static final int MAX_SEARCHED_LENGTH = 48; // symbols

    private final MergeTable merges;

    private int[] symbols = new int[0];
    private int[] next = new int[0];
    private int[] previous = new int[0];
    /** The merge of the pair that starts at a position. */
    private long[] found = new long[0];
    /** A binary heap of {@code rank << 32 | position}, smallest first. */
    private long[] heap = new long[0];

    private int heapSize;

    PairMerger(MergeTable merges) {
        this.merges = merges;
    }

    /** Room for the symbols of a word; the first of them are to be written before {@link #merge}. */
    int[] symbols(int length) {
        if (symbols.length < length) {
            symbols = new int[Math.max(length, 2 * symbols.length)];
            found = new long[symbols.length];
        }
        return symbols;
    }

    /** Merges the first {@code length} symbols in their place. Returns how many are left. */
    int merge(int length) {
        return length <= MAX_SEARCHED_LENGTH ? mergeBySearch(length) : mergeByHeap(length);
    }

    /** Gives back a work space of more than {@code maxKept} symbols. */
    void shrink(int maxKept) {
        if (symbols.length > maxKept) {
            symbols = new int[0];
            found = new long[0];
            next = new int[0];
            previous = new int[0];
            heap = new long[0];
        }
    }

    private int mergeBySearch(int length) {
        int[] word = symbols;
        long[] pairs = found;
        for (int i = 0; i + 1 < length; i++) {
            pairs[i] = merges.find(word[i], word[i + 1]);
        }
        int size = length;
        while (size > 1) {
            int place = 0;
            long least = pairs[0];
            for (int i = 1; i + 1 < size; i++) {
                // By rank alone: of several merges of one rank the leftmost goes first.
                if (pairs[i] >> Integer.SIZE < least >> Integer.SIZE) {
                    least = pairs[i];
                    place = i;
                }
            }
            if (least == MergeTable.NONE) {
                break;
            }
            word[place] = (int) least;
            size--;
            for (int i = place + 1; i < size; i++) {
                word[i] = word[i + 1];
                pairs[i - 1] = pairs[i];
            }
            if (place > 0) {
                pairs[place - 1] = merges.find(word[place - 1], word[place]);
            }
            if (place + 1 < size) {
                pairs[place] = merges.find(word[place], word[place + 1]);
            }
        }
        return size;
    }

    private int mergeByHeap(int length) {
        if (next.length < length) {
            next = new int[symbols.length];
            previous = new int[symbols.length];
        }
        for (int i = 0; i < length; i++) {
            previous[i] = i - 1;
            next[i] = i + 1 < length ? i + 1 : END;
        }
        heapSize = 0;
        for (int i = 0; i < length; i++) {
            findPairAt(i);
        }
        while (heapSize > 0) {
            long candidate = pop();
            int position = (int) candidate;
            if (found[position] != MergeTable.NONE && found[position] >>> Integer.SIZE == candidate >>> Integer.SIZE) {
                mergeAt(position);
            }
        }
        int count = 0;
        for (int i = 0; i != END; i = next[i]) {
            symbols[count++] = symbols[i];
        }
        return count;
    }

    private void mergeAt(int position) {
        int gone = next[position];
        symbols[position] = (int) found[position];
        found[gone] = MergeTable.NONE;
        next[position] = next[gone];
        if (next[gone] != END) {
            previous[next[gone]] = position;
        }
        findPairAt(position);
        if (previous[position] != END) {
            findPairAt(previous[position]);
        }
    }

    private void findPairAt(int position) {
        int right = next[position];
        long merge = right == END ? MergeTable.NONE : merges.find(symbols[position], symbols[right]);
        found[position] = merge;
        if (merge != MergeTable.NONE) {
            push(merge >>> Integer.SIZE << Integer.SIZE | position);
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
