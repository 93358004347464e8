package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/*
 * All words lie in one array, a boundary between them, one cell a byte:
 *
 *     | l o w | l o w e r |      count of "low" 5, of "lower" 2
 *
 * Each pair of neighbours knows its count and every place where it ever was: (l o) 7 at 1 and 5. The most frequent pair
 * is merged at its places, which changes only the pairs that touch them:
 *
 *     | lo . w | lo . w e r |    (o w) falls from 7 to 0, (lo w) rises from 0 to 7
 *
 * A token stays in the first of its cells, and its last cell says how many they are, so neighbours are found on both
 * sides without links. The whole training takes time in proportion to the merges that happen, not to vocabulary times
 * text. Two things are lazy: a place that no longer holds its pair is passed over, and a queued count that has since
 * fallen is queued again.
 *
 * No two merges make the same token. No merge has crossed the ends of a token's bytes, so what happened between them was
 * the same wherever they occur, down to the last merge.
 */

/** Learns merges from counted words. */
final class MergeLearner {
    private static final int BOUNDARY = Integer.MIN_VALUE;
    private static final int GONE = -1;

    /** The bytes of each token by id; learning adds to it. */
    private final List<byte[]> tokens;

    private final TieRule tieRule;
    /** Bytes, and so cells, of each token. */
    private int[] lengths;

    private int[] cells = {BOUNDARY};
    private int[] wordOf = new int[1];
    private int size = 1;
    private long[] wordCounts = new long[1 << 8];
    private int words;

    /** Pairs by number: the two tokens, the count, the places and how many they are, and whether the count has risen. */
    private long[] pairs = new long[1 << 10];

    private long[] counts = new long[1 << 10];
    private int[][] places = new int[1 << 10][];
    private int[] placeCounts = new int[1 << 10];
    private boolean[] isRisen = new boolean[1 << 10];
    private int pairCount;
    /** One more than a pair's number, at the place that its hash gives or behind it; 0 is empty. */
    private int[] slots = new int[1 << 12];

    private int[] risen = new int[64];
    private int risenCount;

    /** A binary heap of pairs, each with its count when it was queued; the one to merge first is on top. */
    private int[] queue = new int[64];

    private long[] queuedCounts = new long[64];
    private int queued;

    MergeLearner(List<byte[]> tokens, TieRule tieRule) {
        this.tokens = tokens;
        this.tieRule = tieRule;
        lengths = tokens.stream().mapToInt(token -> token.length).toArray();
    }

    /**
     * Adds a word that occurs {@code count} times.
     *
     * @param tokenOfByte its symbols, one a byte
     * @throws ArithmeticException if the words together have more bytes than an array can
     */
    void add(byte[] bytes, int start, int end, int[] tokenOfByte, long count) {
        int newSize = Math.addExact(size, end - start + 1);
        if (newSize > cells.length) {
            int capacity =
                    (int) Math.min(Integer.MAX_VALUE - 8, Math.max(newSize, cells.length + (cells.length >> 1) + 64L));
            cells = Arrays.copyOf(cells, capacity);
            wordOf = Arrays.copyOf(wordOf, capacity);
        }
        for (int i = start; i < end; i++) {
            cells[size + i - start] = tokenOfByte[bytes[i] & 0xFF];
        }
        cells[newSize - 1] = BOUNDARY;
        Arrays.fill(wordOf, size, newSize, words);
        if (words == wordCounts.length) {
            wordCounts = Arrays.copyOf(wordCounts, 2 * words);
        }
        wordCounts[words++] = count;
        size = newSize;
    }

    boolean isEmpty() {
        return words == 0;
    }

    /** Merges until there are {@code vocabularySize} tokens or nothing is left to merge. */
    List<Merge> learn(int vocabularySize) {
        countPairs();
        lengths = Arrays.copyOf(lengths, vocabularySize);
        List<Merge> merges = new ArrayList<>();
        while (tokens.size() < vocabularySize && queued > 0) {
            int pair = queue[0];
            long count = queuedCounts[0];
            unqueueFirst();
            if (count != counts[pair]) {
                enqueue(pair);
                continue;
            }
            int merged = tokens.size();
            byte[] left = tokens.get(left(pair));
            byte[] right = tokens.get(right(pair));
            byte[] both = Arrays.copyOf(left, left.length + right.length);
            System.arraycopy(right, 0, both, left.length, right.length);
            tokens.add(both);
            lengths[merged] = both.length;
            merges.add(new Merge(left(pair), right(pair), merged));
            replace(pair, merged);
            queueRisen();
        }
        return merges;
    }

    /** Twice over the words: first to know how many places each pair has, so that they are kept without slack. */
    private void countPairs() {
        for (int place = 1; place < size - 1; place++) {
            if (cells[place] != BOUNDARY && cells[place + 1] != BOUNDARY) {
                int pair = pair(Merge.pair(cells[place], cells[place + 1]));
                counts[pair] += wordCounts[wordOf[place]];
                placeCounts[pair]++;
            }
        }
        for (int pair = 0; pair < pairCount; pair++) {
            places[pair] = new int[placeCounts[pair]];
            placeCounts[pair] = 0;
        }
        for (int place = 1; place < size - 1; place++) {
            if (cells[place] != BOUNDARY && cells[place + 1] != BOUNDARY) {
                int pair = pair(Merge.pair(cells[place], cells[place + 1]));
                places[pair][placeCounts[pair]++] = place;
            }
        }
        for (int pair = 0; pair < pairCount; pair++) {
            enqueue(pair);
        }
    }

    private int left(int pair) {
        return (int) (pairs[pair] >>> Integer.SIZE);
    }

    private int right(int pair) {
        return (int) pairs[pair];
    }

    private int next(int place) {
        return place + lengths[cells[place]];
    }

    /** Where the token before {@code place} starts, or the boundary. */
    private int previous(int place) {
        int before = cells[place - 1];
        return before >= 0 || before == BOUNDARY ? place - 1 : place + before;
    }

    private void replace(int pair, int merged) {
        int[] all = places[pair];
        int count = placeCounts[pair];
        places[pair] = null;
        placeCounts[pair] = 0;
        int left = left(pair);
        int right = right(pair);
        // They ascend, since one sweep from left to right gave them all; so of three equal tokens the first two are
        // merged.
        for (int i = 0; i < count; i++) {
            int place = all[i];
            if (cells[place] != left) {
                continue;
            }
            int second = next(place);
            if (cells[second] != right) {
                continue;
            }
            int previous = previous(place);
            fall(previous);
            fall(place);
            fall(second);
            int end = second + lengths[right];
            cells[second] = GONE;
            cells[end - 1] = place - end;
            cells[place] = merged;
            rise(previous);
            rise(place);
        }
    }

    /** The pair that starts at {@code place} has come to be. */
    private void rise(int place) {
        if (cells[place] == BOUNDARY) {
            return;
        }
        int second = cells[next(place)];
        if (second == BOUNDARY) {
            return;
        }
        int pair = pair(Merge.pair(cells[place], second));
        counts[pair] += wordCounts[wordOf[place]];
        int[] known = places[pair];
        if (known == null) {
            places[pair] = new int[] {place, 0};
        } else {
            if (placeCounts[pair] == known.length) {
                places[pair] = Arrays.copyOf(known, known.length + Math.max(2, known.length >> 1));
            }
            places[pair][placeCounts[pair]] = place;
        }
        placeCounts[pair]++;
        if (!isRisen[pair]) {
            isRisen[pair] = true;
            if (risenCount == risen.length) {
                risen = Arrays.copyOf(risen, 2 * risenCount);
            }
            risen[risenCount++] = pair;
        }
    }

    /** The pair that starts at {@code place} is about to be no more. */
    private void fall(int place) {
        if (cells[place] == BOUNDARY) {
            return;
        }
        int second = cells[next(place)];
        if (second != BOUNDARY) {
            counts[pair(Merge.pair(cells[place], second))] -= wordCounts[wordOf[place]];
        }
    }

    /** The number of a pair, which is new if nobody has asked before. */
    private int pair(long key) {
        int slot = slot(key);
        if (slots[slot] != 0) {
            return slots[slot] - 1;
        }
        if (pairCount == pairs.length) {
            growPairs();
            slot = slot(key);
        }
        pairs[pairCount] = key;
        slots[slot] = pairCount + 1;
        return pairCount++;
    }

    private int slot(long key) {
        long hash = key * 0x9E3779B97F4A7C15L;
        int slot = (int) (hash >>> 32) & (slots.length - 1);
        while (slots[slot] != 0 && pairs[slots[slot] - 1] != key) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }

    private void growPairs() {
        int capacity = Math.multiplyExact(2, pairCount);
        pairs = Arrays.copyOf(pairs, capacity);
        counts = Arrays.copyOf(counts, capacity);
        places = Arrays.copyOf(places, capacity);
        placeCounts = Arrays.copyOf(placeCounts, capacity);
        isRisen = Arrays.copyOf(isRisen, capacity);
        slots = new int[Math.multiplyExact(2, capacity)];
        for (int pair = 0; pair < pairCount; pair++) {
            slots[slot(pairs[pair])] = pair + 1;
        }
    }

    private void queueRisen() {
        for (int i = 0; i < risenCount; i++) {
            isRisen[risen[i]] = false;
            enqueue(risen[i]);
        }
        risenCount = 0;
    }

    private void enqueue(int pair) {
        long count = counts[pair];
        if (count <= 0) {
            return;
        }
        if (queued == queue.length) {
            queue = Arrays.copyOf(queue, 2 * queued);
            queuedCounts = Arrays.copyOf(queuedCounts, 2 * queued);
        }
        int hole = queued++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (!goesFirst(pair, count, queue[parent], queuedCounts[parent])) {
                break;
            }
            queue[hole] = queue[parent];
            queuedCounts[hole] = queuedCounts[parent];
            hole = parent;
        }
        queue[hole] = pair;
        queuedCounts[hole] = count;
    }

    private void unqueueFirst() {
        int pair = queue[--queued];
        long count = queuedCounts[queued];
        int hole = 0;
        for (int child = 1; child < queued; child = 2 * hole + 1) {
            if (child + 1 < queued
                    && goesFirst(queue[child + 1], queuedCounts[child + 1], queue[child], queuedCounts[child])) {
                child++;
            }
            if (!goesFirst(queue[child], queuedCounts[child], pair, count)) {
                break;
            }
            queue[hole] = queue[child];
            queuedCounts[hole] = queuedCounts[child];
            hole = child;
        }
        queue[hole] = pair;
        queuedCounts[hole] = count;
    }

    private boolean goesFirst(int a, long aCount, int b, long bCount) {
        if (aCount != bCount) {
            return aCount > bCount;
        }
        return switch (tieRule) {
            case SMALLEST_IDS -> pairs[a] < pairs[b];
            case LEXICOGRAPHIC -> {
                int byLeft = Arrays.compareUnsigned(tokens.get(left(a)), tokens.get(left(b)));
                yield byLeft != 0 ? byLeft > 0 : Arrays.compareUnsigned(tokens.get(right(a)), tokens.get(right(b))) > 0;
            }
        };
    }
}
