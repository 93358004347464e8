/**
 * Text to token ids and back by byte pair encoding, and its training.
 *
 * <pre>
 * text --UTF-8--> AddedTokens --pieces--> Normalizer --> Splitter --words--> Alphabet --symbols--> PairMerger --> token ids
 *                                                           |                                         ^
 *                                                           +------ WordCache: words seen lately -----+
 * </pre>
 *
 * A file says which normalisers, splitters and template: {@code Pipeline} reads that. Whatever splits by a regular expression
 * takes linear time, by {@code WordPattern} for the expressions of known models and by {@code RegexMatcher} for others.
 *
 * <p>{@link io.maru.tokenizer.BpeTokenizer} encodes and decodes, {@link io.maru.tokenizer.BpeTrainer} learns one from text. What
 * they do is what Hugging Face's library does with the same file, and what that file asks for beyond is refused by name.
 */
package io.maru.tokenizer;
