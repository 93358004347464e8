/**
 * Text to token ids and back: byte-level byte pair encoding as GPT-2 does it, and its training.
 *
 * <pre>
 * text --Gpt2Splitter--> words --UTF-8--> bytes --PairMerger--> token ids
 * </pre>
 *
 * {@link io.maru.tokenizer.BpeTokenizer} encodes and decodes, {@link io.maru.tokenizer.BpeTrainer} learns one from text.
 */
package io.maru.tokenizer;
