package io.maru.tokenizer;

/**
 * All that decides which tokens a text has, in the order in which it is applied.
 *
 * @param inText the added tokens that are found in the text as it stands
 * @param normalizesFirst whether the other added tokens are found in normalised text, or normalising comes after them too
 * @param inNormalized the other added tokens
 * @param wholeWords words that are a token without any merge; null if merges decide about all words
 * @param lengths bytes of normalised text that each token stands for; 0 for one that stands for whatever is unknown
 */
record EncodingRules(
        AddedTokens inText,
        Normalizer normalizer,
        boolean normalizesFirst,
        AddedTokens inNormalized,
        Splitter splitter,
        Alphabet alphabet,
        MergeTable merges,
        TokenIndex wholeWords,
        int[] lengths) {}
