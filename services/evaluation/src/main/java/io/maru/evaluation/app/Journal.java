package io.maru.evaluation.app;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;

/** What the one worker that holds an evaluation writes of it. Each call throws where the worker has lost its hold. */
public interface Journal {
    /** As it is now. */
    Evaluation read();

    /** The split is read and scoring begins. Returns the state after it: RUNNING, or CANCELLING if that came first. */
    State start(long tokens);

    /** Returns the state after it, as {@link #start} does. */
    State record(Tally tally);

    void succeed();

    /** Ends what is CANCELLING or CANCELLED. */
    void cancel();
}
