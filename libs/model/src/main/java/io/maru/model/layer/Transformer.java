package io.maru.model.layer;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.GptNames;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.LlamaNames;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import io.maru.model.objective.Loss;
import io.maru.model.objective.Objective;
import io.maru.model.objective.Targets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * A decoder: an embedding, a stack of blocks, a last norm, and a head, which may be the embedding again.
 *
 * <p>Source: A. Radford and others, "Language models are unsupervised multitask learners", 2019; H. Touvron and others,
 * "LLaMA: open and efficient foundation language models", 2023.
 */
public final class Transformer<A extends TFloating> {
    private final Kernels<A> kernels;
    private final Embedding<A> embedding;
    private final List<Block<A>> blocks;
    private final Norm<A> norm;
    private final Linear<A> head;

    private Transformer(
            Kernels<A> kernels, Embedding<A> embedding, List<Block<A>> blocks, Norm<A> norm, Linear<A> head) {
        this.kernels = kernels;
        this.embedding = embedding;
        this.blocks = blocks;
        this.norm = norm;
        this.head = head;
    }

    public static <A extends TFloating> Transformer<A> of(Kernels<A> kernels, DecoderConfig config) {
        return config.match(gpt -> gpt(kernels, gpt), llama -> llama(kernels, llama));
    }

    private static <A extends TFloating> Transformer<A> gpt(Kernels<A> kernels, GptConfig config) {
        return new Transformer<>(
                kernels,
                new Embedding<>(kernels, config, GptNames.TOKEN_EMBEDDING, Optional.of(GptNames.POSITION_EMBEDDING)),
                layers(config, layer -> {
                    GptNames names = new GptNames(layer);
                    return new Block<>(
                            kernels,
                            layer,
                            new LayerNorm<>(kernels, names.attentionNorm(), config.layerNormEpsilon()),
                            new Attention<>(
                                    kernels,
                                    config,
                                    "layer " + layer,
                                    new JoinedProjection<>(kernels, config, names),
                                    Linear.biased(kernels, names.projection())),
                            new LayerNorm<>(kernels, names.feedForwardNorm(), config.layerNormEpsilon()),
                            new GeluFeedForward<>(kernels, names));
                }),
                new LayerNorm<>(kernels, GptNames.FINAL_NORM, config.layerNormEpsilon()),
                Linear.unbiased(kernels, config.tiedHead() ? GptNames.TOKEN_EMBEDDING : GptNames.HEAD));
    }

    private static <A extends TFloating> Transformer<A> llama(Kernels<A> kernels, LlamaConfig config) {
        Rotary<A> rotary = new Rotary<>(kernels, config);
        return new Transformer<>(
                kernels,
                new Embedding<>(kernels, config, LlamaNames.TOKEN_EMBEDDING, Optional.empty()),
                layers(config, layer -> {
                    LlamaNames names = new LlamaNames(layer);
                    return new Block<>(
                            kernels,
                            layer,
                            new RmsNorm<>(kernels, names.attentionNorm(), config.normEpsilon()),
                            new Attention<>(
                                    kernels,
                                    config,
                                    "layer " + layer,
                                    new SeparateProjections<>(kernels, config, names, rotary),
                                    Linear.unbiased(kernels, names.output())),
                            new RmsNorm<>(kernels, names.feedForwardNorm(), config.normEpsilon()),
                            new SwiGlu<>(kernels, names));
                }),
                new RmsNorm<>(kernels, LlamaNames.FINAL_NORM, config.normEpsilon()),
                Linear.unbiased(kernels, config.tiedHead() ? LlamaNames.TOKEN_EMBEDDING : LlamaNames.HEAD));
    }

    private static <A extends TFloating> List<Block<A>> layers(DecoderConfig config, IntFunction<Block<A>> block) {
        return IntStream.range(0, config.layers()).mapToObj(block).toList();
    }

    /** Maps ids (B, T) to the residual stream behind the last block. */
    public ResidualStream<A> stream(Operand<TInt32> ids, Context<A> context) {
        ResidualStream<A> stream = start(embedded(ids, context));
        for (Block<A> block : blocks) {
            stream = block.apply(stream, context).stream();
        }
        return stream;
    }

    /** Maps rows of the residual stream (N, C) to logits (N, V). */
    public Operand<A> logits(ResidualStream<A> stream) {
        return head.apply(norm.apply(stream).value()).value();
    }

    /** What came out of a run, and the gradient of each weight that learns. */
    public record Learned<A extends TFloating>(Loss<A> loss, Gradients gradients) {}

    /**
     * Goes forwards and backwards.
     *
     * @param learnt whether a weight of this name learns
     * @param ids (B, T)
     */
    public Learned<A> learn(
            Objective objective,
            Predicate<String> learnt,
            Recompute recompute,
            Operand<TInt32> ids,
            Targets targets,
            Context<A> context) {
        Differentiable<TFloat32> embedded = embedded(ids, context);
        ResidualStream<A> stream = start(embedded);
        List<Block.Pullback<A>> back = new ArrayList<>();
        for (Block<A> block : blocks) {
            Block.Passed<A> passed =
                    switch (recompute) {
                        case NONE -> block.apply(stream, context);
                        case BLOCKS -> block.applyTwice(stream, context);
                    };
            stream = passed.stream();
            back.add(passed.pullback());
        }
        Norm.Normed<A> normed = norm.apply(stream);
        Differentiable<A> logits = head.apply(normed.value());
        Loss<A> loss = objective.of(kernels, logits.value(), targets);

        Gradients gradients = new Gradients(kernels.tf(), learnt);
        Operand<A> dNormed = logits.pullback().apply(loss.dLogits(), gradients);
        ResidualStream.Slope<A> slope = normed.pullback().apply(dNormed, Optional.empty(), gradients);
        for (int layer = blocks.size() - 1; layer >= 0; layer--) {
            slope = back.get(layer).apply(slope, gradients);
        }
        embedding.back(ids, embedded.pullback().apply(slope.wide(), gradients), context, gradients);
        return new Learned<>(loss, gradients);
    }

    private Differentiable<TFloat32> embedded(Operand<TInt32> ids, Context<A> context) {
        return kernels.dropped("embedding", embedding.apply(ids, context));
    }

    private ResidualStream<A> start(Differentiable<TFloat32> embedded) {
        return new ResidualStream<>(embedded.value(), Optional.empty());
    }
}
