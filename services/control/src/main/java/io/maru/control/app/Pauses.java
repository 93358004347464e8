package io.maru.control.app;

import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunState;
import io.maru.control.domain.Stage;
import java.util.function.Consumer;

/** Pauses runs. Only training can pause, so the wish goes to its job, and the next look at the run sees what came of it. */
public final class Pauses {
    private final Runs runs;
    private final PausableTraining training;
    private final Wake wake;

    public Pauses(Runs runs, PausableTraining training, Wake wake) {
        this.runs = runs;
        this.training = training;
        this.wake = wake;
    }

    /**
     * Asks a run to save a checkpoint and wait.
     *
     * @throws io.maru.platform.error.Refusal RUN_NOT_FOUND, WRONG_STATE, TRAINING_UNAVAILABLE
     */
    public Run pause(String name) {
        return ask(name, training::pause);
    }

    /** Lets a run go on; throws as {@link #pause}. */
    public Run resume(String name) {
        return ask(name, training::resume);
    }

    private Run ask(String name, Consumer<String> wish) {
        Run run = runs.get(name);
        RunState state = run.status().state();
        boolean trains = (state == RunState.RUNNING || state == RunState.PAUSED)
                && run.status().stage() == Stage.TRAIN
                && !run.status().isStageEnded()
                && run.result(Result.TRAINING_JOB).isPresent();
        if (!trains) {
            throw ControlReason.WRONG_STATE.because(
                    "%s: %s in %s (expected: RUNNING or PAUSED in TRAIN)",
                    name, state, run.status().stage());
        }
        wish.accept(run.need(Result.TRAINING_JOB));
        wake.soon(name);
        return runs.get(name);
    }
}
