package io.maru.model;

import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * What a run of the graph sees: which positions its tokens stand at, and which others they may attend to.
 *
 * <p>T tokens are new in this run, and S >= T positions are visible: the new ones and those of earlier runs.
 */
interface Context {
    /** Where the first new token stands. */
    Operand<TInt32> past();

    /** B. */
    Operand<TInt32> batch();

    /** T. */
    Operand<TInt32> time();

    /** 0 where the new token of a row may attend to the position of a column, minus infinity elsewhere. */
    Operand<TFloat32> mask(); // (T, S)

    /** The keys of all visible positions, given the new ones. */
    Operand<TFloat32> keys(int layer, Operand<TFloat32> fresh); // (B, H, T, D) -> (B, H, S, D)

    /** The values of all visible positions, given the new ones. */
    Operand<TFloat32> values(int layer, Operand<TFloat32> fresh); // (B, H, T, D) -> (B, H, S, D)
}
