package io.maru.model;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** One layer: attention, then the feed-forward part, each adding to the residual stream what it makes of its norm. */
final class Block {
    private final Ops tf;
    private final LayerNorm attentionNorm;
    private final Attention attention;
    private final LayerNorm feedForwardNorm;
    private final FeedForward feedForward;

    Block(Ops tf, Parameters parameters, GptConfig config, int layer) {
        String name = Parameter.layer(layer);
        this.tf = tf;
        this.attentionNorm = new LayerNorm(tf, parameters, name + ".ln_1", config.layerNormEpsilon());
        this.attention = new Attention(tf, parameters, config, layer);
        this.feedForwardNorm = new LayerNorm(tf, parameters, name + ".ln_2", config.layerNormEpsilon());
        this.feedForward = new FeedForward(tf, parameters, name + ".mlp");
    }

    /** Maps (N, C) to (N, C). */
    Operand<TFloat32> apply(Operand<TFloat32> x, Context context) {
        Operand<TFloat32> attended = tf.math.add(x, attention.apply(attentionNorm.apply(x), context));
        return tf.math.add(attended, feedForward.apply(feedForwardNorm.apply(attended)));
    }
}
