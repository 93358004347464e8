package io.maru.control.app;

import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Failure;
import io.maru.control.domain.RecipeReader;
import io.maru.control.domain.Report;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.Stage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/*
 * Conducting is level-triggered: look at the run, ask the service of its stage, write what that changes, come back later.
 *
 *     state before command:  RUNNING, TRAIN, no job   is saved, then CreateTrainingJob(request_id = runs/r/train)
 *     killed in between:     RUNNING, TRAIN, no job   is found, and the command is given again: the service knows the id
 *
 * No event is needed for any step. Facts from the services only make the next look come sooner.
 */
/** Leads each run through its stages, one look at a time. */
public final class RunConductor {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final RunStore runs;
    private final Map<Stage, StageWork> works;
    private final RunObserver observer;
    private final Duration interval;
    private final InstantSource clock;

    /** @param interval between two looks at a run */
    public RunConductor(
            RunStore runs, Map<Stage, StageWork> works, RunObserver observer, Duration interval, InstantSource clock) {
        this.runs = runs;
        this.works = Map.copyOf(works);
        this.observer = observer;
        this.interval = interval;
        this.clock = clock;
    }

    /**
     * Takes a run as far as it goes without waiting.
     *
     * @return when to look again; nothing where the run is final
     * @throws io.maru.platform.error.Refusal RECIPE_INVALID where this version no longer takes the run's recipe
     */
    public Optional<Duration> conduct(String name) {
        while (true) {
            Run run = find(name);
            if (run.status().state().isFinal()) {
                return Optional.empty();
            }
            Optional<RunStatus> next = next(run);
            if (next.isEmpty()) {
                return Optional.of(pause(run.status()));
            }
            if (!save(run, next.get())) {
                // A cancel came in between, or another conductor: what was computed is void.
                continue;
            }
            boolean betweenStages = !next.get().stages().equals(run.status().stages());
            if (!betweenStages) {
                return next.get().state().isFinal() ? Optional.empty() : Optional.of(pause(next.get()));
            }
        }
    }

    /** Ends a run that cannot be conducted. */
    public void fail(String name, String reason, String message) {
        Run run = find(name);
        while (!run.status().state().isFinal()
                && !save(run, run.status().failed(new Failure(Failure.CONTROL, reason, message), clock.instant()))) {
            run = find(name);
        }
    }

    private Optional<RunStatus> next(Run run) {
        RunStatus status = run.status();
        if (status.state() == RunState.PENDING) {
            return Optional.of(status.begin(clock.instant()));
        }
        StageWork work = works.get(status.stage());
        if (status.state() == RunState.CANCELLING) {
            Report report = work.cancel(run);
            return status.afterCancel(report, clock.instant());
        }
        if (status.isStageEnded()) {
            return Optional.of(status.moveOn(clock.instant()));
        }
        Report report = work.advance(run, RecipeReader.read(run.recipe()));
        return status.after(report, interval, clock.instant());
    }

    private boolean save(Run run, RunStatus next) {
        boolean saved = runs.save(run, next);
        if (saved) {
            observer.changed(run, next);
        }
        return saved;
    }

    private Run find(String name) {
        return runs.find(name)
                .orElseThrow(
                        () -> ControlReason.RUN_NOT_FOUND.because("%s: no such run (expected: one of ListRuns)", name));
    }

    private Duration pause(RunStatus status) {
        Duration pause = interval.multipliedBy(1L << status.troubles());
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
}
