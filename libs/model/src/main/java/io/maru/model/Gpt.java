package io.maru.model;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * GPT-2: an embedding, a stack of blocks, a last norm, and the embedding again.
 *
 * <p>Source: A. Radford and others, "Language models are unsupervised multitask learners", 2019.
 */
final class Gpt {
    private final Embedding embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final LayerNorm norm;

    Gpt(Ops tf, Parameters parameters, GptConfig config) {
        embedding = new Embedding(tf, parameters, config);
        for (int layer = 0; layer < config.layers(); layer++) {
            blocks.add(new Block(tf, parameters, config, layer));
        }
        norm = new LayerNorm(tf, parameters, Parameter.FINAL_NORM, config.layerNormEpsilon());
    }

    /** Maps ids (B, T) to the residual stream after the last block (N, C). */
    Operand<TFloat32> stream(Operand<TInt32> ids, Context context) {
        Operand<TFloat32> x = embedding.apply(ids, context);
        for (Block block : blocks) {
            x = block.apply(x, context);
        }
        return x;
    }

    /** Maps rows of the residual stream (N, C) to logits (N, V). */
    Operand<TFloat32> logits(Operand<TFloat32> stream) {
        return embedding.logits(norm.apply(stream));
    }
}
