package io.maru.model;

import java.util.Optional;
import org.tensorflow.types.family.TFloating;

/** One layer: attention, then the feed-forward part, each adding to the residual stream what it makes of its norm. */
record Block<A extends TFloating>(
        Norm<A> attentionNorm, Attention<A> attention, Norm<A> feedForwardNorm, FeedForward<A> feedForward) {
    /** Where the stream goes on, and the way back: from what flows back to the end to what flows back to the start. */
    record Passed<A extends TFloating>(ResidualStream<A> stream, Pullback<A> pullback) {}

    @FunctionalInterface
    interface Pullback<A extends TFloating> {
        ResidualStream.Slope<A> apply(ResidualStream.Slope<A> slope, Gradients gradients);
    }

    Passed<A> apply(ResidualStream<A> start, Context<A> context) {
        Norm.Normed<A> before = attentionNorm.apply(start);
        Differentiable<A> attended = attention.apply(before.value(), context);
        Norm.Normed<A> between =
                feedForwardNorm.apply(new ResidualStream<>(before.sum(), Optional.of(attended.value())));
        Differentiable<A> fed = feedForward.apply(between.value());
        return new Passed<>(new ResidualStream<>(between.sum(), Optional.of(fed.value())), (end, gradients) -> {
            ResidualStream.Slope<A> middle = between.pullback()
                    .apply(fed.pullback().apply(end.narrow(), gradients), Optional.of(end.wide()), gradients);
            return before.pullback()
                    .apply(
                            attended.pullback().apply(middle.narrow(), gradients),
                            Optional.of(middle.wide()),
                            gradients);
        });
    }
}
