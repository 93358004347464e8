package io.maru.training.app;

import io.maru.model.data.Batch;
import io.maru.model.training.Learner;

/** A trainer whose memory is its own. Its methods throw {@link TrainerLostException} where it is gone. */
public interface TrialTrainer extends AutoCloseable {
    /** Begins with initial weights. */
    void begin(TrainerSetup setup, long seed);

    /** As {@link Learner#step}. */
    void step(Batch batch, float learningRate);

    /** Holds what a checkpoint holds while it is written. */
    void hold();

    /** Tells the maximum of memory that it had in use at once so far, in bytes; 0 where it is gone. */
    long peakBytes();

    /** Ends it, whatever it does; other threads may call this too. */
    @Override
    void close();
}
