package io.maru.model.layer;

import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Tells what a run of the graph sees: which positions its tokens stand at, and which others they may attend to.
 *
 * <p>T tokens are new in this run, and S >= T positions are visible: the new ones and those of earlier runs.
 */
public interface Context<A extends TFloating> {
    /** Where the new tokens stand. */
    Positions positions();

    /** B. */
    Operand<TInt32> batch();

    /** T. */
    Operand<TInt32> time();

    /**
     * Gives 0 where the new token of a row may attend to the position of a column, minus infinity elsewhere: (G T, S), the T
     * new tokens for each of the G heads that share their keys; or (B, 1, G T, S) where the rows of the batch differ.
     */
    Operand<TFloat32> mask();

    /** The keys of all visible positions, given the new ones. */
    Operand<A> keys(Operand<A> fresh); // (B, K, T, D) -> (B, K, S, D)

    /** The values of all visible positions, given the new ones. */
    Operand<A> values(Operand<A> fresh); // (B, K, T, D) -> (B, K, S, D)
}
