package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/*
 * All words lie in one array, a boundary between them, and are linked lists inside it:
 *
 *     | l o w | l o w e r |      count of "low" 5, of "lower" 2
 *
 * Each pair of neighbours knows its count and every place where it ever was: (l o) 7 at 1 and 5. The most frequent pair
 * is merged at its places, which changes only the pairs that touch them:
 *
 *     | lo . w | lo . w e r |    (o w) falls from 7 to 0, (lo w) rises from 0 to 7
 *
 * So the whole training takes time in proportion to the merges that happen, not to vocabulary times text. Two things are
 * lazy: a place that no longer holds its pair is passed over, and a queued count that has since fallen is queued again.
 *
 * No two merges make the same token. No merge has crossed the ends of a token's bytes, so what happened between them was
 * the same wherever they occur, down to the last merge.
 */

/** Learns merges from counted words. */
final class MergeLearner {
    private static final int BOUNDARY = -1;
    private static final int GONE = -2;

    /** The bytes of each token by id; learning adds to it. */
    private final List<byte[]> tokens;

    private final Map<Long, Pair> pairs = new HashMap<>();
    private final PriorityQueue<Candidate> candidates;
    private final List<Pair> risen = new ArrayList<>();

    private int[] symbols = {BOUNDARY};
    private int[] next = new int[1];
    private int[] previous = new int[1];
    private int[] wordOf = new int[1];
    private int size = 1;
    private final List<Long> wordCounts = new ArrayList<>();

    private record Candidate(Pair pair, long count) {}

    private static final class Pair {
        final int left;
        final int right;
        long count;
        int[] places = new int[2];
        int placeCount;
        boolean isRisen;

        Pair(int left, int right) {
            this.left = left;
            this.right = right;
        }
    }

    MergeLearner(List<byte[]> tokens, TieRule tieRule) {
        this.tokens = tokens;
        Comparator<Candidate> greatestCount =
                Comparator.comparingLong(Candidate::count).reversed();
        candidates = new PriorityQueue<>(greatestCount.thenComparing(Candidate::pair, order(tieRule)));
    }

    private Comparator<Pair> order(TieRule tieRule) {
        return switch (tieRule) {
            case SMALLEST_IDS ->
                Comparator.<Pair>comparingInt(pair -> pair.left).thenComparingInt(pair -> pair.right);
            case LEXICOGRAPHIC -> {
                Comparator<Pair> byLeft = (a, b) -> Arrays.compareUnsigned(tokens.get(a.left), tokens.get(b.left));
                Comparator<Pair> byRight = (a, b) -> Arrays.compareUnsigned(tokens.get(a.right), tokens.get(b.right));
                yield byLeft.thenComparing(byRight).reversed();
            }
        };
    }

    /** Adds a word of single-byte tokens that occurs {@code count} times. */
    void add(int[] word, long count) {
        int end = Math.addExact(size, word.length + 1);
        if (end > symbols.length) {
            int capacity = Math.max(end, symbols.length + (symbols.length >> 1));
            symbols = Arrays.copyOf(symbols, capacity);
            next = Arrays.copyOf(next, capacity);
            previous = Arrays.copyOf(previous, capacity);
            wordOf = Arrays.copyOf(wordOf, capacity);
        }
        System.arraycopy(word, 0, symbols, size, word.length);
        symbols[end - 1] = BOUNDARY;
        Arrays.fill(wordOf, size, end, wordCounts.size());
        for (int place = size; place < end; place++) {
            previous[place] = place - 1;
            next[place] = place + 1;
        }
        wordCounts.add(count);
        size = end;
    }

    /** Merges until there are {@code vocabularySize} tokens or nothing is left to merge. */
    List<Merge> learn(int vocabularySize) {
        for (int place = 1; place < size - 1; place++) {
            rise(place);
        }
        queueRisen();
        List<Merge> merges = new ArrayList<>();
        while (tokens.size() < vocabularySize && !candidates.isEmpty()) {
            Candidate candidate = candidates.remove();
            Pair pair = candidate.pair;
            if (candidate.count != pair.count) {
                queue(pair);
                continue;
            }
            int merged = tokens.size();
            tokens.add(join(tokens.get(pair.left), tokens.get(pair.right)));
            merges.add(new Merge(pair.left, pair.right, merged));
            replace(pair, merged);
            queueRisen();
        }
        return merges;
    }

    private static byte[] join(byte[] left, byte[] right) {
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    private void replace(Pair pair, int merged) {
        int[] places = Arrays.copyOf(pair.places, pair.placeCount);
        pair.places = new int[0];
        pair.placeCount = 0;
        // They ascend, since one sweep from left to right gave them all; so of three equal tokens the first two are
        // merged.
        for (int place : places) {
            int second = next[place];
            if (symbols[place] != pair.left || symbols[second] != pair.right) {
                continue;
            }
            fall(previous[place]);
            fall(place);
            fall(second);
            symbols[place] = merged;
            symbols[second] = GONE;
            next[place] = next[second];
            previous[next[second]] = place;
            rise(previous[place]);
            rise(place);
        }
    }

    /** The pair that starts at {@code place} has come to be. */
    private void rise(int place) {
        int left = symbols[place];
        int right = symbols[next[place]];
        if (left == BOUNDARY || right == BOUNDARY) {
            return;
        }
        Pair pair = pairs.computeIfAbsent(Merge.pair(left, right), absent -> new Pair(left, right));
        pair.count += wordCounts.get(wordOf[place]);
        if (pair.placeCount == pair.places.length) {
            pair.places = Arrays.copyOf(pair.places, Math.max(2, 2 * pair.placeCount));
        }
        pair.places[pair.placeCount++] = place;
        if (!pair.isRisen) {
            pair.isRisen = true;
            risen.add(pair);
        }
    }

    /** The pair that starts at {@code place} is about to be no more. */
    private void fall(int place) {
        int left = symbols[place];
        int right = symbols[next[place]];
        if (left != BOUNDARY && right != BOUNDARY) {
            pairs.get(Merge.pair(left, right)).count -= wordCounts.get(wordOf[place]);
        }
    }

    private void queueRisen() {
        for (Pair pair : risen) {
            pair.isRisen = false;
            queue(pair);
        }
        risen.clear();
    }

    private void queue(Pair pair) {
        if (pair.count > 0) {
            candidates.add(new Candidate(pair, pair.count));
        }
    }
}
