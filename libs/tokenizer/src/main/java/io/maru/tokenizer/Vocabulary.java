package io.maru.tokenizer;

import java.util.List;

/**
 * All that a tokenizer.json says.
 *
 * @param tokens by id, written in the {@link ByteAlphabet}; an added token is written as itself
 * @param modelTokens how many of them are in the model's own vocabulary; those after are added tokens
 * @param merges by rank
 */
record Vocabulary(List<String> tokens, int modelTokens, List<Merge> merges, List<AddedToken> addedTokens) {
    static final String END_OF_TEXT = "<|endoftext|>";

    /** A bound on what is allocated for a caller's number; the largest published byte-level vocabularies fit. */
    static final int MAX_TOKENS = 1 << 18;

    Vocabulary {
        tokens = List.copyOf(tokens);
        merges = List.copyOf(merges);
        addedTokens = List.copyOf(addedTokens);
    }
}
