package io.maru.evaluation.app;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;

/** Where the one worker that holds an evaluation writes how far it is. Each call throws where the worker has lost its hold. */
public interface Journal {
    /** Reads the evaluation as it is now. */
    Evaluation read();

    /** The split is read and scoring begins. Returns the state after it: RUNNING, or CANCELLING if that came first. */
    State start(long tokens);

    /** Returns the state after it, as {@link #start} does. */
    State record(Tally tally);

    /** Ends it with the figures that are written, unless somebody has cancelled it: that is then its end. */
    void succeed();

    /** Ends what is CANCELLING or CANCELLED. */
    void cancel();

    /** Ends it with a failure, unless somebody has cancelled it: that is then its end. */
    void fail(String reason, String message);
}
