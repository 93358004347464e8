package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.List;

/*
 * Some vocabularies have no merges: of all neighbours that make a token, the pair that makes the token of the lowest rank is merged.
 *
 *     ranks: lo 0, er 1, low 2, lower 3        merges: (l o) (e r) (lo w) (low er)
 *
 * That is the same as a list of merges with one for each token. When it is the turn of a token's rank, all lower ranks
 * are done, and none of them has crossed the token's ends, so what is between them is what the lower merges make of its
 * bytes alone: two tokens, or else the token is never made.
 */

/** Finds the merges of a vocabulary that has only ranks. */
final class RankedMerges {
    private RankedMerges() {}

    /**
     * @param tokens the bytes of the tokens by id
     * @param byRank the ids of the tokens that merges make, lowest rank first
     */
    static List<Merge> of(List<byte[]> tokens, int[] byRank, Alphabet alphabet) {
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
            }
        }
        return merges;
    }
}
