/**
 * Builds a transformer of its layers, each with its way back beside its way forward.
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
 * A layer returns a {@link io.maru.model.kernel.Differentiable}. No gradient is derived by TensorFlow, except in the tests,
 * which compare every one.
 *
 * <p>{@link io.maru.model.layer.Recompute} is for everybody, the rest for the other packages of this module alone.
 */
package io.maru.model.layer;
