package io.maru.tokenizer;

/**
 * A token that no merge makes.
 *
 * @param special decodes to nothing, as {@code <|endoftext|>} does; otherwise to its own text
 * @param normalized kept for the file's sake: without a normaliser it changes nothing
 */
record AddedToken(int id, String content, boolean special, boolean normalized) {}
