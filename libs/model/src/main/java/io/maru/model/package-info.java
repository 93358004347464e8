/**
 * The transformer: GPT-2's architecture as a TensorFlow graph, its training step, its decoder and its sampler.
 *
 * <pre>
 *   token ids -> Embedding -> Block x layers -> LayerNorm -> logits
 *                               Attention, FeedForward
 * </pre>
 *
 * {@link io.maru.model.Trainer} runs the graph forwards and backwards, {@link io.maru.model.Decoder} forwards only. Shapes
 * in the margins use B rows of a batch, T positions of a row, N = B * T, C the width, H heads of D = C / H, V the
 * vocabulary, and S positions that may be attended to.
 */
package io.maru.model;
