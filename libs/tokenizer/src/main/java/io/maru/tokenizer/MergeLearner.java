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

    /** Of a place, which block of places it is in. */
    private static final int BLOCK_BITS = 6;

    /** Bytes of memory of an array beside its elements, and of a token and its merge beside the token's bytes. */
    private static final int ARRAY = 16;

    private static final int TOKEN = 64;

    /** Places between two looks whether to go on. */
    private static final int PLACES_BETWEEN_LOOKS = 1 << 16;

    /** The bytes of each token by id; learning adds to it. */
    private final List<byte[]> tokens;

    private final TieRule tieRule;
    private final long wordBytes;
    private final long maxMemory;
    /** Bytes that all below takes. */
    private long memory;

    /** Bytes, and so cells, of each token. */
    private int[] lengths;

    private final int[] cells;
    private int size = 1;
    private final long[] wordCounts;
    /** The boundary before each word, and the one after the last. */
    private final int[] boundaries;
    /** By block of places, the word that its first place belongs to: itself, or as the boundary before it. */
    private final int[] firstWords;

    private int words;

    /** Pairs by number: the two tokens, the count, the places and how many they are, and whether the count has risen. */
    private long[] pairs = new long[1 << 10];

    private long[] counts = new long[1 << 10];
    private int[][] places = new int[1 << 10][];
    private int[] placeCounts = new int[1 << 10];
    private boolean[] isRisen = new boolean[1 << 10];
    private int pairCount;
    /** One more than a pair's number, at the place that its hash gives or behind it; 0 is empty. */
    private int[] slots = new int[1 << 11];

    private int[] risen = new int[64];
    private int risenCount;

    /** A binary heap of pairs, each with its count when it was queued; the one to merge first is on top. */
    private int[] queue = new int[64];

    private long[] queuedCounts = new long[64];
    private int queued;

    /**
     * @param words how many {@link #add} will add
     * @param wordBytes that they have together
     * @param maxMemory bytes that learning may take
     * @throws LearningMemoryException if the words alone take more
     * @throws ArithmeticException if they are more than an array can hold
     */
    MergeLearner(List<byte[]> tokens, TieRule tieRule, int words, long wordBytes, long maxMemory) {
        this.tokens = tokens;
        this.tieRule = tieRule;
        this.wordBytes = wordBytes;
        this.maxMemory = maxMemory;
        lengths = tokens.stream().mapToInt(token -> token.length).toArray();
        int cellCount = Math.toIntExact(wordBytes + words + 1);
        int blocks = ((cellCount - 1) >>> BLOCK_BITS) + 1;
        reserve(((long) cellCount + words + 1 + blocks) * Integer.BYTES + (long) words * Long.BYTES);
        cells = new int[cellCount];
        cells[0] = BOUNDARY;
        wordCounts = new long[words];
        boundaries = new int[words + 1];
        firstWords = new int[blocks];
    }

    /**
     * Adds a word that occurs {@code count} times.
     *
     * @param tokenOfByte its symbols, one a byte
     */
    void add(byte[] bytes, int start, int end, int[] tokenOfByte, long count) {
        int boundary = size - 1;
        for (int i = start; i < end; i++) {
            cells[size + i - start] = tokenOfByte[bytes[i] & 0xFF];
        }
        size += end - start + 1;
        cells[size - 1] = BOUNDARY;
        for (int block = ((boundary - 1) >> BLOCK_BITS) + 1; (long) block << BLOCK_BITS < size - 1; block++) {
            firstWords[block] = words;
        }
        wordCounts[words++] = count;
        boundaries[words] = size - 1;
    }

    boolean isEmpty() {
        return words == 0;
    }

    /**
     * Merges until there are {@code vocabularySize} tokens or nothing is left to merge. To be called once.
     *
     * @throws LearningMemoryException if it takes more memory than it may
     */
    <E extends Exception> List<Merge> learn(int vocabularySize, BpeTrainer.Progress<E> progress) throws E {
        countPairs(progress);
        reserve((long) vocabularySize * Integer.BYTES);
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
            progress.at(tokens.size());
            int merged = tokens.size();
            byte[] left = tokens.get(left(pair));
            byte[] right = tokens.get(right(pair));
            reserve(TOKEN + (long) left.length + right.length);
            byte[] both = Arrays.copyOf(left, left.length + right.length);
            System.arraycopy(right, 0, both, left.length, right.length);
            tokens.add(both);
            lengths[merged] = both.length;
            merges.add(new Merge(left(pair), right(pair), merged));
            replace(pair, merged, progress);
            queueRisen();
        }
        progress.at(tokens.size());
        return merges;
    }

    private void reserve(long bytes) {
        memory += bytes;
        if (memory > maxMemory) {
            throw new LearningMemoryException(memory, wordBytes, tokens.size(), maxMemory);
        }
    }

    /** Twice over the words: first to know how many places each pair has, so that they are kept without slack. */
    private <E extends Exception> void countPairs(BpeTrainer.Progress<E> progress) throws E {
        long placesBytes = 0;
        for (int word = 0; word < words; word++) {
            for (int place = boundaries[word] + 1; place < boundaries[word + 1] - 1; place++) {
                int pair = pair(Merge.pair(cells[place], cells[place + 1]));
                counts[pair] += wordCounts[word];
                placeCounts[pair]++;
                placesBytes += Integer.BYTES;
                look(place, progress);
            }
        }
        reserve(placesBytes + (long) pairCount * ARRAY);
        for (int pair = 0; pair < pairCount; pair++) {
            places[pair] = new int[placeCounts[pair]];
            placeCounts[pair] = 0;
        }
        for (int word = 0; word < words; word++) {
            for (int place = boundaries[word] + 1; place < boundaries[word + 1] - 1; place++) {
                int pair = pair(Merge.pair(cells[place], cells[place + 1]));
                places[pair][placeCounts[pair]++] = place;
                look(place, progress);
            }
        }
        for (int pair = 0; pair < pairCount; pair++) {
            enqueue(pair);
        }
    }

    private <E extends Exception> void look(int place, BpeTrainer.Progress<E> progress) throws E {
        if (place % PLACES_BETWEEN_LOOKS == 0) {
            progress.at(tokens.size());
        }
    }

    /** The count of the word that {@code place} is in. */
    private long wordCount(int place) {
        int word = firstWords[place >>> BLOCK_BITS];
        while (boundaries[word + 1] < place) {
            word++;
        }
        return wordCounts[word];
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

    private <E extends Exception> void replace(int pair, int merged, BpeTrainer.Progress<E> progress) throws E {
        int[] all = places[pair];
        int placeCount = placeCounts[pair];
        places[pair] = null;
        placeCounts[pair] = 0;
        int left = left(pair);
        int right = right(pair);
        // They ascend, since one sweep from left to right gave them all; so of three equal tokens the first two are
        // merged.
        for (int i = 0; i < placeCount; i++) {
            int place = all[i];
            if (cells[place] != left) {
                continue;
            }
            int second = next(place);
            if (cells[second] != right) {
                continue;
            }
            int previous = previous(place);
            long count = wordCount(place);
            fall(previous, count);
            fall(place, count);
            fall(second, count);
            int end = second + lengths[right];
            cells[second] = GONE;
            cells[end - 1] = place - end;
            cells[place] = merged;
            rise(previous, count);
            rise(place, count);
            look(i, progress);
        }
        memory -= ARRAY + (long) all.length * Integer.BYTES;
    }

    /** The pair that starts at {@code place}, in a word of this count, has come to be. */
    private void rise(int place, long count) {
        if (cells[place] == BOUNDARY) {
            return;
        }
        int second = cells[next(place)];
        if (second == BOUNDARY) {
            return;
        }
        int pair = pair(Merge.pair(cells[place], second));
        counts[pair] += count;
        int[] known = places[pair];
        if (known == null) {
            reserve(ARRAY + 2 * Integer.BYTES);
            places[pair] = new int[] {place, 0};
        } else {
            if (placeCounts[pair] == known.length) {
                places[pair] = grown(known, known.length + Math.max(2, known.length >> 1));
            }
            places[pair][placeCounts[pair]] = place;
        }
        placeCounts[pair]++;
        if (!isRisen[pair]) {
            isRisen[pair] = true;
            if (risenCount == risen.length) {
                risen = grown(risen, 2 * risenCount);
            }
            risen[risenCount++] = pair;
        }
    }

    /** The pair that starts at {@code place}, in a word of this count, is about to be no more. */
    private void fall(int place, long count) {
        if (cells[place] == BOUNDARY) {
            return;
        }
        int second = cells[next(place)];
        if (second != BOUNDARY) {
            counts[pair(Merge.pair(cells[place], second))] -= count;
        }
    }

    // The old array and its copy are there at the same time.

    private int[] grown(int[] array, int length) {
        reserve((long) length * Integer.BYTES);
        int[] grown = Arrays.copyOf(array, length);
        memory -= (long) array.length * Integer.BYTES;
        return grown;
    }

    private long[] grown(long[] array, int length) {
        reserve((long) length * Long.BYTES);
        long[] grown = Arrays.copyOf(array, length);
        memory -= (long) array.length * Long.BYTES;
        return grown;
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
        pairs = grown(pairs, capacity);
        counts = grown(counts, capacity);
        placeCounts = grown(placeCounts, capacity);
        // An address is as large as an int in a heap of usual size.
        reserve((long) (capacity - pairCount) * (Integer.BYTES + 1));
        places = Arrays.copyOf(places, capacity);
        isRisen = Arrays.copyOf(isRisen, capacity);
        int slotCount = Math.multiplyExact(2, capacity);
        reserve((long) (slotCount - slots.length) * Integer.BYTES);
        slots = new int[slotCount];
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
            queue = grown(queue, 2 * queued);
            queuedCounts = grown(queuedCounts, 2 * queued);
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
