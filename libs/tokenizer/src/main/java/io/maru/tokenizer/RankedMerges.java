package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/*
 * Some vocabularies have no merges: of all neighbours that make a token, the pair that makes the token of the lowest rank is merged.
 *
 *     ranks: lo 0, er 1, low 2, lower 3        merges: (l o) (e r) (lo w) (low er)
 *
 * Where a token is made of tokens of lower rank, that is the same as a list of merges with one for each token. When it is
 * the turn of a token's rank, all lower ranks are done, and none of them has crossed the token's ends, so what is between
 * them is what the lower merges make of its bytes alone: two tokens, or else the token is never made.
 *
 * Else, where several tokens have one rank or a token needs one of a higher rank, every pair of tokens that makes a token is
 * a merge, of that token's rank, and of equal ranks the leftmost goes first.
 */

/**
 * Holds the merges of a vocabulary that has only ranks.
 *
 * @param ranks of the merges; null if each has its place in the list
 */
record RankedMerges(List<Merge> merges, int[] ranks) {
    private static final int NONE = TokenIndex.NONE;

    /**
     * @param tokens the bytes of the tokens by id
     * @param byRank the ids of the tokens that merges make, lowest rank first
     * @param rankOf the ranks of those tokens, in the same order; null if each has its place in the list
     */
    static RankedMerges of(List<byte[]> tokens, int[] byRank, int[] rankOf, Alphabet alphabet) {
        boolean tied = rankOf != null && byRank.length > 0 && rankOf[byRank.length - 1] != byRank.length - 1;
        if (!tied) {
            List<Integer> unmade = new ArrayList<>();
            List<Merge> merges = oneForEach(tokens, byRank, alphabet, unmade);
            if (unmade.isEmpty() || unmade.stream().noneMatch(new Definition(tokens, byRank, alphabet)::makes)) {
                return new RankedMerges(merges, null);
            }
        }
        return everyPair(tokens, byRank, rankOf, alphabet);
    }

    private static List<Merge> oneForEach(List<byte[]> tokens, int[] byRank, Alphabet alphabet, List<Integer> unmade) {
        MergeTable table = new MergeTable(tokens.size());
        PairMerger merger = new PairMerger(table);
        List<Merge> merges = new ArrayList<>();
        for (int id : byRank) {
            byte[] token = tokens.get(id);
            int[] symbols = merger.symbols(token.length);
            int count = alphabet.symbols(token, 0, token.length, symbols);
            if (count > 1 && merger.merge(count) == 2) {
                Merge merge = new Merge(symbols[0], symbols[1], id);
                table.add(merge, merges.size());
                merges.add(merge);
            } else if (count > 1) {
                unmade.add(id);
            }
        }
        return merges;
    }

    private static RankedMerges everyPair(List<byte[]> tokens, int[] byRank, int[] rankOf, Alphabet alphabet) {
        Definition definition = new Definition(tokens, byRank, alphabet);
        List<Merge> merges = new ArrayList<>();
        int[] ranks = new int[byRank.length];
        for (int i = 0; i < byRank.length; i++) {
            byte[] token = tokens.get(byRank[i]);
            for (int cut = 1; cut < token.length; cut++) {
                if (Utf8.isContinuation(token[cut]) && !(alphabet instanceof Alphabet.Bytes)) {
                    continue;
                }
                int left = definition.find(token, 0, cut);
                int right = left == NONE ? NONE : definition.find(token, cut, token.length);
                if (right != NONE) {
                    if (merges.size() == ranks.length) {
                        ranks = Arrays.copyOf(ranks, 2 * ranks.length);
                    }
                    ranks[merges.size()] = rankOf == null ? i : rankOf[i];
                    merges.add(new Merge(left, right, byRank[i]));
                }
            }
        }
        return new RankedMerges(merges, Arrays.copyOf(ranks, merges.size()));
    }

    /** What the ranks say, as slow as it is plain. */
    private static final class Definition {
        private final List<byte[]> tokens;
        private final TokenIndex made;
        private final int[] rank;
        private final Alphabet alphabet;
        private final int[] symbol = new int[Utf8.MAX_BYTES];

        Definition(List<byte[]> tokens, int[] byRank, Alphabet alphabet) {
            this.tokens = tokens;
            this.alphabet = alphabet;
            byte[][] all = new byte[tokens.size()][];
            rank = new int[tokens.size()];
            for (int i = 0; i < byRank.length; i++) {
                all[byRank[i]] = tokens.get(byRank[i]);
                rank[byRank[i]] = i;
            }
            made = new TokenIndex(all);
        }

        /** The symbol that stands for these bytes: a token that merges make, or one of the alphabet. */
        int find(byte[] text, int start, int end) {
            boolean single = alphabet instanceof Alphabet.Bytes
                    ? end - start == 1
                    : end - start <= Utf8.MAX_BYTES && Utf8.length(text[start]) == end - start;
            if (!single) {
                return made.find(text, start, end);
            }
            return alphabet.symbols(text, start, end, symbol) == 1 ? symbol[0] : NONE;
        }

        /** Whether all merges together make this token of its own bytes. */
        boolean makes(int id) {
            byte[] token = tokens.get(id);
            List<Integer> cuts = new ArrayList<>();
            for (int at = 0; at <= token.length; at++) {
                boolean inside = at < token.length && Utf8.isContinuation(token[at]);
                if (!inside || alphabet instanceof Alphabet.Bytes) {
                    cuts.add(at);
                }
            }
            while (cuts.size() > 2) {
                int best = NONE;
                int place = NONE;
                for (int i = 1; i + 1 < cuts.size(); i++) {
                    int merged = made.find(token, cuts.get(i - 1), cuts.get(i + 1));
                    if (merged != NONE && (best == NONE || rank[merged] < rank[best])) {
                        best = merged;
                        place = i;
                    }
                }
                if (place == NONE) {
                    return false;
                }
                cuts.remove(place);
            }
            return true;
        }
    }
}
