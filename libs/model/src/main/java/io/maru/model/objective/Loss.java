package io.maru.model.objective;

import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * What an objective makes of the logits of a run: its share of the loss of the whole batch.
 *
 * @param value the share, a scalar; those of all parts of a batch add up to the batch's loss
 * @param measured the same of what a validation tells: minus the log-probability of the targets, whatever else is learnt
 * @param dLogits the gradient of the batch's loss (N, V)
 */
public record Loss<A extends TFloating>(Operand<TFloat32> value, Operand<TFloat32> measured, Operand<A> dLogits) {}
