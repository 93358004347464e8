/**
 * The transformer: GPT-2, Llama and Qwen2 as TensorFlow graphs, their training step, their decoder and their sampler.
 *
 * <pre>
 *   decoding   training         exchange     what services use
 *       |      |      |            |
 *       |      |    cluster        |         many devices and processes as one
 *       |      |      |    |       |
 *       layer  |      |   data     |         which tokens a step sees
 *         |    |      |    |       |
 *     objective       device       |         what is learnt; what is computed on
 *         |             |          |
 *         +--- kernel --+          |         products, expressions, gradients
 *                |                 |
 *             weights -------------+
 *              |    |
 *   configuration  tensor                    the model's shape; numbers in and out of a session
 *              |
 *            random
 * </pre>
 *
 * A package sees those below it, and none sees one above it; {@code PackagesTest} holds them to it.
 *
 * <p>Begin with {@link io.maru.model.training.Trainer}, which runs the graph forwards and backwards, and {@link
 * io.maru.model.decoding.Decoder}, which runs it forwards only; both get it from {@code layer}'s {@code Transformer}. Shapes
 * in the margins use B rows of a batch, T positions of a row, N = B * T, C the width, H heads of width D, K heads of keys
 * and values, each for G = H / K heads of queries, F the width between the halves of the feed-forward part, V the
 * vocabulary, and S positions that may be attended to.
 */
package io.maru.model;
