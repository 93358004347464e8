package io.maru.tokenizer;

/** Which of several equally frequent pairs training merges first. */
public enum TieRule {
    /** The pair with the smallest left id, then the smallest right id: what Hugging Face's trainer does. */
    SMALLEST_IDS,
    /** The pair whose left bytes, then right bytes, are greatest in unsigned lexicographic order. */
    LEXICOGRAPHIC
}
