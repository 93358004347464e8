package io.maru.model.layer;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** Tokens to vectors at the bottom; GPT-2 adds a vector of the position. */
final class Embedding<A extends TFloating> {
    private final Ops tf;
    private final DecoderConfig config;
    private final String tokenTable;
    private final Optional<String> positionTable;
    private final Operand<TFloat32> tokens; // (V, C)
    private final Optional<Operand<TFloat32>> positions; // (block, C)

    Embedding(Kernels<A> kernels, DecoderConfig config, String tokenTable, Optional<String> positionTable) {
        this.tf = kernels.tf();
        this.config = config;
        this.tokenTable = tokenTable;
        this.positionTable = positionTable;
        this.tokens = kernels.parameters().weight(tokenTable, TFloat32.class);
        this.positions = positionTable.map(name -> kernels.parameters().weight(name, TFloat32.class));
    }

    /** Maps ids (B, T) to (N, C). */
    Operand<TFloat32> apply(Operand<TInt32> ids, Context<A> context) {
        Operand<TFloat32> meaning = tf.gather(tokens, ids, tf.constant(0)); // (B, T, C)
        Operand<TFloat32> vectors = positions
                .<Operand<TFloat32>>map(
                        table -> tf.math.add(meaning, context.positions().lookUp(table, config.width())))
                .orElse(meaning);
        return tf.reshape(vectors, tf.constant(new int[] {-1, config.width()}));
    }

    /**
     * Gives the tables what flows back to them.
     *
     * @param dx of the stream (N, C)
     */
    void back(Operand<TInt32> ids, Operand<TFloat32> dx, Context<A> context, Gradients gradients) {
        Operand<TInt32> each = tf.reshape(ids, tf.constant(new int[] {-1})); // (N)
        gradients.add(
                Parameter.weight(tokenTable),
                tf.math.unsortedSegmentSum(dx, each, tf.constant(config.vocabularySize())));
        positionTable.ifPresent(name -> {
            gradients.add(Parameter.weight(name), context.positions().lookUpBack(dx, config.block(), config.width()));
        });
    }
}
