package io.maru.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PairMergerTest {
    @Test
    void forgetsAPairWhoseNeighbourHasChanged() {
        // (b c) goes first, so that (a b), which waits from the start, is no more.
        List<Merge> merges = List.of(new Merge('b', 'c', 256), new Merge('a', 'b', 257), new Merge('a', 256, 258));
        assertThat(merge(merges, "abc")).containsExactly(258);
        assertThat(merge(merges, "abab")).containsExactly(257, 257);
        assertThat(merge(merges.subList(0, 2), "abc")).containsExactly('a', 256);
    }

    @Test
    void mergesAsTheDefinitionSays() {
        Random random = new Random(1);
        for (int round = 0; round < 1_000; round++) {
            List<Merge> merges = randomMerges(random);
            StringBuilder word = new StringBuilder();
            for (int length = 1 + random.nextInt(100); length > 0; length--) {
                word.append((char) ('a' + random.nextInt(3)));
            }
            assertThat(merge(merges, word.toString())).isEqualTo(byDefinition(merges, word.toString()));
        }
    }

    private static List<Merge> randomMerges(Random random) {
        List<Merge> merges = new ArrayList<>();
        List<Integer> tokens = new ArrayList<>(List.of((int) 'a', (int) 'b', (int) 'c'));
        for (int merged = 256; merged < 280; merged++) {
            int left = tokens.get(random.nextInt(tokens.size()));
            int right = tokens.get(random.nextInt(tokens.size()));
            if (merges.stream().noneMatch(merge -> merge.left() == left && merge.right() == right)) {
                // Anywhere: files exist whose merges are not in the order in which their tokens can come to be.
                merges.add(random.nextInt(merges.size() + 1), new Merge(left, right, merged));
                tokens.add(merged);
            }
        }
        return merges;
    }

    /** Looks at every pair before each merge, as slow as it is plain. */
    private static int[] byDefinition(List<Merge> merges, String word) {
        List<Integer> tokens = new ArrayList<>(word.chars().boxed().toList());
        while (true) {
            int bestRank = merges.size();
            int bestPlace = -1;
            for (int place = 0; place + 1 < tokens.size(); place++) {
                for (int rank = 0; rank < bestRank; rank++) {
                    Merge merge = merges.get(rank);
                    if (merge.left() == tokens.get(place) && merge.right() == tokens.get(place + 1)) {
                        bestRank = rank;
                        bestPlace = place;
                    }
                }
            }
            if (bestPlace < 0) {
                return tokens.stream().mapToInt(Integer::intValue).toArray();
            }
            tokens.set(bestPlace, merges.get(bestRank).merged());
            tokens.remove(bestPlace + 1);
        }
    }

    private static int[] merge(List<Merge> merges, String word) {
        PairMerger merger = new PairMerger(new MergeTable(merges, null));
        int[] symbols = merger.symbols(word.length());
        for (int i = 0; i < word.length(); i++) {
            symbols[i] = word.charAt(i);
        }
        return Arrays.copyOf(symbols, merger.merge(word.length()));
    }
}
