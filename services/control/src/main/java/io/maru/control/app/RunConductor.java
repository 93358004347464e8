package io.maru.control.app;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Report;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.StepState;
import io.maru.control.domain.StepStatus;
import io.maru.platform.error.Refusal;
import io.maru.platform.retry.Backoff;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/*
 * Conducting is level-triggered: look at the run, begin the steps whose inputs are there, ask the service of each step that
 * is active, write what that changes, come back later.
 *
 *     state before command:  train RUNNING, no job   is saved, then CreateTrainingJob(request_id = runs/r/train)
 *     killed in between:     train RUNNING, no job   is found, and the command is given again: the service knows the id
 *
 * No event is needed for any step. Facts from the services only make the next look come sooner.
 */
/** Leads each run through its steps, one look at a time. */
public final class RunConductor {
    private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

    private final RunStore runs;
    private final StepWorks works;
    private final RunObserver observer;
    private final Duration interval;
    private final InstantSource clock;
    private final Backoff pauses;

    /** @param interval between two looks at a run */
    public RunConductor(RunStore runs, StepWorks works, RunObserver observer, Duration interval, InstantSource clock) {
        this.runs = runs;
        this.works = works;
        this.observer = observer;
        this.interval = interval;
        this.clock = clock;
        this.pauses = new Backoff(interval, interval.compareTo(MAX_PAUSE) < 0 ? MAX_PAUSE : interval);
    }

    /**
     * Takes a run as far as it goes without waiting.
     *
     * @return when to look again; nothing where the run is final
     */
    public Optional<Duration> conduct(String name) {
        Set<String> asked = new HashSet<>();
        while (true) {
            Run run = find(name);
            if (run.status().state().isFinal()) {
                return Optional.empty();
            }
            Optional<Run> looked = look(run, asked);
            if (looked.isEmpty()) {
                // A cancel came in between, or another conductor: what was computed is void.
                asked.clear();
                continue;
            }
            RunStatus status = looked.get().status();
            if (status.state().isFinal()) {
                return Optional.empty();
            }
            if (status.ready().isEmpty()) {
                return Optional.of(pause(status));
            }
        }
    }

    /** Ends a run that cannot be conducted. */
    public void fail(String name, String reason, String message) {
        Run run = find(name);
        while (!run.status().state().isFinal()
                && save(run, run.status().fail(new Failure(Failure.CONTROL, reason, message), clock.instant()))
                        .isEmpty()) {
            run = find(name);
        }
    }

    /**
     * Begins what can begin, and asks about each step that was not asked about yet.
     *
     * @return the run afterwards; nothing where somebody else moved it
     */
    private Optional<Run> look(Run found, Set<String> asked) {
        Run run = found;
        for (String step : run.status().ready()) {
            Optional<Run> begun = save(run, run.status().begin(step, clock.instant()));
            if (begun.isEmpty()) {
                return begun;
            }
            run = begun.get();
        }
        for (String step : active(run)) {
            if (!asked.add(step)) {
                continue;
            }
            Report report = ask(run.attempt(step), run);
            Optional<RunStatus> next = run.status().after(step, report, interval, clock.instant());
            if (next.isPresent()) {
                Optional<Run> saved = save(run, next.get());
                if (saved.isEmpty()) {
                    return saved;
                }
                run = saved.get();
            }
        }
        return Optional.of(run);
    }

    private List<String> active(Run run) {
        return run.status().active().stream()
                .sorted(Comparator.comparing(step ->
                        works.find(kind(run, step)).map(StepWork::isLongCall).orElse(false)))
                .toList();
    }

    private Report ask(Attempt attempt, Run run) {
        String kind = kind(run, attempt.step());
        Optional<StepWork> work = works.find(kind);
        if (work.isEmpty()) {
            return new Report.Failed(new Failure(
                    Failure.CONTROL,
                    ControlReason.RECIPE_INVALID.name(),
                    "%s: a step of kind %s (expected: one that this version knows)".formatted(attempt.step(), kind)));
        }
        try {
            return run.status().step(attempt.step()).state() == StepState.CANCELLING
                    ? work.get().cancel(attempt)
                    : work.get().advance(attempt);
        } catch (Refusal e) {
            return new Report.Failed(new Failure(Failure.CONTROL, e.reason().name(), e.getMessage()));
        }
    }

    private static String kind(Run run, String step) {
        return run.plan().step(step).kind();
    }

    private Optional<Run> save(Run run, RunStatus next) {
        if (!runs.save(run, next)) {
            return Optional.empty();
        }
        observer.changed(run, next);
        return Optional.of(run.with(next));
    }

    private Run find(String name) {
        return runs.find(name)
                .orElseThrow(
                        () -> ControlReason.RUN_NOT_FOUND.because("%s: no such run (expected: one of ListRuns)", name));
    }

    /** The shortest that a step asks for: a service that is away does not keep the others back. */
    private Duration pause(RunStatus status) {
        int troubles = status.active().stream()
                .map(status::step)
                .mapToInt(StepStatus::troubles)
                .min()
                .orElse(0);
        return pauses.pause(troubles + 1);
    }
}
