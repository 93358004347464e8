package io.maru.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Tokens to vectors at the bottom, and, with the same table, vectors to scores of tokens at the top. */
final class Embedding {
    private final Ops tf;
    private final GptConfig config;
    private final Operand<TFloat32> tokens; // (V, C)
    private final Operand<TFloat32> positions; // (block, C)

    Embedding(Ops tf, Parameters parameters, GptConfig config) {
        this.tf = tf;
        this.config = config;
        this.tokens = parameters.weight(Parameter.TOKEN_EMBEDDING);
        this.positions = parameters.weight(Parameter.POSITION_EMBEDDING);
    }

    /** Maps ids (B, T) to (N, C). */
    Operand<TFloat32> apply(Operand<TInt32> ids, Context context) {
        Operand<TInt32> width = tf.constant(config.width());
        Operand<TFloat32> meaning = tf.gather(tokens, ids, tf.constant(0)); // (B, T, C)
        Operand<TFloat32> place = tf.slice(
                positions,
                tf.stack(List.of(context.past(), tf.constant(0))),
                tf.stack(List.of(context.time(), width))); // (T, C)
        return tf.reshape(tf.math.add(meaning, place), tf.constant(new int[] {-1, config.width()}));
    }

    /** Maps (N, C) to logits (N, V). */
    Operand<TFloat32> logits(Operand<TFloat32> x) {
        return tf.linalg.matMul(x, tokens, MatMul.transposeB(true));
    }
}
