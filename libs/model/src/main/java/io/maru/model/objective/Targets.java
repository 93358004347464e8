package io.maru.model.objective;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * What the tokens of a run are to predict. A run may be a part of a batch, and the sums are of the whole batch: so the losses
 * and gradients of parts add up to those of the batch, whatever weighs more in one part than in another.
 *
 * @param ids the token after each (N)
 * @param count targets of the whole batch, which is also their total weight where none is told
 * @param weighting where targets count differently
 */
public record Targets(Operand<TInt32> ids, long count, Optional<Weighting> weighting) {
    /**
     * How much targets count.
     *
     * @param weights of each target (N)
     * @param total of the whole batch, above 0; a scalar
     */
    public record Weighting(Operand<TFloat32> weights, Operand<TFloat32> total) {}
}
