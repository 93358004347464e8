/**
 * The transformer: GPT-2 and Llama as TensorFlow graphs, their training step, their decoder and their sampler.
 *
 * <pre>
 *   token ids -> Embedding -> Block x layers -> Norm -> logits
 *                               Attention, FeedForward
 *
 *              norm        positions           attention             feed-forward       head
 *   GPT-2      LayerNorm   learned, Embedding  JoinedProjection      GeluFeedForward    the embedding
 *   Llama      RmsNorm     Rotary              SeparateProjections   SwiGlu             the embedding, or its own
 * </pre>
 *
 * Each box has its way back beside its way forward: it returns a {@link io.maru.model.Differentiable}. No gradient is
 * derived by TensorFlow, except in the tests, which compare every one.
 *
 * {@link io.maru.model.Trainer} runs the graph forwards and backwards, {@link io.maru.model.Decoder} forwards only. Shapes
 * in the margins use B rows of a batch, T positions of a row, N = B * T, C the width, H heads of width D, K heads of keys
 * and values, each for G = H / K heads of queries, F the width between the halves of the feed-forward part, V the
 * vocabulary, and S positions that may be attended to.
 */
package io.maru.model;
