package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * All that a tokenizer's files say.
 *
 * @param tokens by id, as a tokenizer.json writes them; an added token is written as itself, and null is an id that no
 *     token has
 * @param modelTokens how many of them are in the model's own vocabulary; those after are added tokens
 * @param merges by rank
 * @param ranks of the merges where several have one; null if each has its place in the list
 * @param characters symbols that merges take and that are no tokens; their ids go on from the number of tokens
 * @param unknown the id of what no token stands for; {@link #NONE} if there is none
 * @param fusesUnknown whether several unknown characters in a row are one token
 * @param bytes whether a character that is no token becomes tokens {@code <0xAB>}
 * @param wholeWords whether a word that is a token is never made by merges
 */
record Vocabulary(
        List<String> tokens,
        int modelTokens,
        List<Merge> merges,
        int[] ranks,
        int[] characters,
        List<AddedToken> addedTokens,
        int unknown,
        boolean fusesUnknown,
        boolean bytes,
        boolean wholeWords,
        Pipeline pipeline) {
    static final int NONE = -1;

    static final String END_OF_TEXT = "<|endoftext|>";

    /** What the models that are known call the token between two texts, the likeliest first. */
    static final List<String> ENDS_OF_TEXT = List.of(END_OF_TEXT, "<|end_of_text|>", "</s>", "<eos>");

    /** What they call the token before a text, where it is another than the one between two. */
    static final List<String> STARTS_OF_TEXT = List.of("<s>", "<|begin_of_text|>", "<bos>");

    /** A bound on what is allocated for a caller's number; the largest published byte-level vocabularies fit. */
    static final int MAX_TOKENS = 1 << 19;

    private static final int[] NO_CHARACTERS = {};

    Vocabulary {
        tokens = Collections.unmodifiableList(new ArrayList<>(tokens));
        merges = List.copyOf(merges);
        addedTokens = List.copyOf(addedTokens);
    }

    /** A vocabulary of bytes, with nothing but bytes, merges and added tokens. */
    static Vocabulary ofBytes(
            List<String> tokens,
            int modelTokens,
            RankedMerges merges,
            List<AddedToken> addedTokens,
            boolean wholeWords,
            Pipeline pipeline) {
        return new Vocabulary(
                tokens,
                modelTokens,
                merges.merges(),
                merges.ranks(),
                NO_CHARACTERS,
                addedTokens,
                NONE,
                false,
                false,
                wholeWords,
                pipeline);
    }
}
