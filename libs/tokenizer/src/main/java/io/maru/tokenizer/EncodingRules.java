package io.maru.tokenizer;

/**
 * All that decides which tokens a text has, in the order in which it is applied.
 *
 * @param inText the added tokens that are found in the text as it stands
 * @param normalizer what is done to the text between them
 * @param inNormalized the other added tokens
 * @param preparation what is done to the text between all of them, before it is cut
 * @param wholeWords words that are a token without any merge; null if merges decide about all words
 * @param lengths bytes of normalised text that each token stands for; 0 for one that stands for whatever is unknown
 */
record EncodingRules(
        AddedTokens inText,
        Normalizer.Sequence normalizer,
        AddedTokens inNormalized,
        Normalizer.Sequence preparation,
        Splitter splitter,
        Alphabet alphabet,
        MergeTable merges,
        TokenIndex wholeWords,
        int[] lengths) {}
