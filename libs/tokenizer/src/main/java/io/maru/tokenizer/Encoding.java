package io.maru.tokenizer;

/**
 * The tokens of a text and where they come from.
 *
 * @param ids one per token
 * @param starts the first {@code char} of the text that each token has a part of
 * @param ends one after the last such; a token that is only part of a character has all of it, and one for which nothing
 *     stands in the text has {@code start == end}
 */
public record Encoding(int[] ids, int[] starts, int[] ends) {}
