package io.maru.tokenizer;

import java.util.Arrays;

/**
 * How often each word occurs. Words lie one after another in one array, and a table of primitives finds them, so that a
 * word costs its bytes and some thirty more.
 */
final class WordCounts {
    /** Takes words and their counts. */
    interface Consumer<E extends Exception> {
        void word(byte[] bytes, int start, int end, long count) throws E;
    }

    private static final int BYTES_PER_WORD = 2 * Integer.BYTES + Long.BYTES + 3 * Integer.BYTES;
    private static final int FIRST_WORDS = 1 << 8;

    private byte[] bytes;
    /** The start of each word, and after them the end of the last. */
    private int[] starts;

    private int[] hashes;
    private long[] counts;
    private int size;
    /** One more than a word's number, at the place that its hash gives or behind it; 0 is empty. */
    private int[] slots;

    WordCounts() {
        clear();
    }

    void clear() {
        bytes = new byte[FIRST_WORDS * Long.BYTES];
        starts = new int[FIRST_WORDS + 1];
        hashes = new int[FIRST_WORDS];
        counts = new long[FIRST_WORDS];
        slots = new int[2 * FIRST_WORDS];
        size = 0;
    }

    int size() {
        return size;
    }

    /** Bytes of memory that the words take, not counting what is reserved for more. */
    long memory() {
        return starts[size] + (long) size * BYTES_PER_WORD;
    }

    void add(byte[] text, int start, int end, long count) {
        int hash = hash(text, start, end);
        int mask = slots.length - 1;
        int slot = hash & mask;
        while (slots[slot] != 0) {
            int word = slots[slot] - 1;
            if (hashes[word] == hash && Arrays.equals(bytes, starts[word], starts[word + 1], text, start, end)) {
                counts[word] += count;
                return;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = size + 1;
        append(text, start, end, hash, count);
    }

    private void append(byte[] text, int start, int end, int hash, long count) {
        int from = starts[size];
        int to = Math.addExact(from, end - start);
        if (to > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(to, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8L)));
        }
        System.arraycopy(text, start, bytes, from, end - start);
        hashes[size] = hash;
        counts[size] = count;
        starts[++size] = to;
        if (size == counts.length) {
            grow();
        }
    }

    private void grow() {
        starts = Arrays.copyOf(starts, 2 * size + 1);
        hashes = Arrays.copyOf(hashes, 2 * size);
        counts = Arrays.copyOf(counts, 2 * size);
        slots = new int[4 * size];
        for (int word = 0; word < size; word++) {
            int slot = hashes[word] & (slots.length - 1);
            while (slots[slot] != 0) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = word + 1;
        }
    }

    private static int hash(byte[] text, int start, int end) {
        int hash = end - start;
        for (int i = start; i < end; i++) {
            hash = hash * 31 + text[i];
        }
        hash *= 0x9E3779B9;
        return hash ^ (hash >>> 15);
    }

    <E extends Exception> void forEach(Consumer<E> words) throws E {
        for (int word = 0; word < size; word++) {
            words.word(bytes, starts[word], starts[word + 1], counts[word]);
        }
    }

    /** Sorts the words by their bytes, which count as unsigned. */
    <E extends Exception> void forEachSorted(Consumer<E> words) throws E {
        for (int word : sorted()) {
            words.word(bytes, starts[word], starts[word + 1], counts[word]);
        }
    }

    private int[] sorted() {
        int[] from = new int[size];
        int[] to = new int[size];
        Arrays.setAll(from, i -> i);
        for (int width = 1; width < size && width > 0; width *= 2) {
            for (long left = 0; left < size; left += 2L * width) {
                int middle = (int) Math.min(size, left + width);
                merge(from, to, (int) left, middle, (int) Math.min(size, left + 2L * width));
            }
            int[] merged = to;
            to = from;
            from = merged;
        }
        return from;
    }

    private void merge(int[] from, int[] to, int left, int middle, int right) {
        int a = left;
        int b = middle;
        for (int i = left; i < right; i++) {
            to[i] = b == right || (a < middle && compare(from[a], from[b]) <= 0) ? from[a++] : from[b++];
        }
    }

    private int compare(int a, int b) {
        return Arrays.compareUnsigned(bytes, starts[a], starts[a + 1], bytes, starts[b], starts[b + 1]);
    }
}
