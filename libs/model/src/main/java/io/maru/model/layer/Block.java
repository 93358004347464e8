package io.maru.model.layer;

import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/** One layer: attention, then the feed-forward part, each adding to the residual stream what it makes of its norm. */
record Block<A extends TFloating>(
        Kernels<A> kernels,
        int layer,
        Norm<A> attentionNorm,
        Attention<A> attention,
        Norm<A> feedForwardNorm,
        FeedForward<A> feedForward) {
    /** Where the stream goes on, and the way back: from what flows back to the end to what flows back to the start. */
    record Passed<A extends TFloating>(ResidualStream<A> stream, Pullback<A> pullback) {}

    @FunctionalInterface
    interface Pullback<A extends TFloating> {
        ResidualStream.Slope<A> apply(ResidualStream.Slope<A> slope, Gradients gradients);
    }

    Passed<A> apply(ResidualStream<A> start, Context<A> context) {
        Norm.Normed<A> before = attentionNorm.apply(start);
        Differentiable<A> attended = attention.apply(before.value(), context);
        Differentiable<A> added = kernels.dropped("attention " + layer, attended.value());
        Norm.Normed<A> between = feedForwardNorm.apply(new ResidualStream<>(before.sum(), Optional.of(added.value())));
        Differentiable<A> fed = feedForward.apply(between.value());
        Differentiable<A> addedLast = kernels.dropped("feedForward " + layer, fed.value());
        return new Passed<>(new ResidualStream<>(between.sum(), Optional.of(addedLast.value())), (end, gradients) -> {
            Operand<A> dFed = addedLast.pullback().apply(end.narrow(), gradients);
            ResidualStream.Slope<A> middle =
                    between.pullback().apply(fed.pullback().apply(dFed, gradients), Optional.of(end.wide()), gradients);
            Operand<A> dAttended = added.pullback().apply(middle.narrow(), gradients);
            return before.pullback()
                    .apply(attended.pullback().apply(dAttended, gradients), Optional.of(middle.wide()), gradients);
        });
    }

    /** The same, but for what was kept: the way back goes forwards again first. */
    Passed<A> applyTwice(ResidualStream<A> start, Context<A> context) {
        return new Passed<>(apply(start, context).stream(), (end, gradients) -> {
            // Not before it is needed: else the activations would be held as long as if they had been kept.
            Ops later = kernels.tf().withControlDependencies(end.wide());
            ResidualStream<A> again = new ResidualStream<>(
                    later.identity(start.x()), start.added().map(later::identity));
            return apply(again, context).pullback().apply(end, gradients);
        });
    }
}
