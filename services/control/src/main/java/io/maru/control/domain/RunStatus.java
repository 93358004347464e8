package io.maru.control.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/*
 * A run is a graph of small state machines, and this file is all of what joins them; StepStatus is each of them.
 *
 *     step:  PENDING --> RUNNING <--> PAUSED,   RUNNING, PAUSED --> SUCCEEDED, FAILED, CANCELLED
 *            PENDING --> SKIPPED                when a step that it waits for has FAILED or was CANCELLED
 *            RUNNING, PAUSED --> CANCELLING --> (its service stopped) --> CANCELLED
 *            FAILED, CANCELLED --> PENDING      by a retry, with all that was SKIPPED for it
 *
 *     run:   the steps' states, read together: see settled()
 *
 * What does not wait for a failed step goes on, and the run is FAILED when that has ended: so no work is lost that a retry
 * would need again.
 *
 * Each method takes what is known and gives the next status, or nothing where nothing changed. The next status has the next
 * sequence number, and is also the run's next event. It is saved only over the status that it was made from, so two
 * conductors of one run cannot both move it.
 */
/**
 * Where a run stands, as of its newest event.
 *
 * @param sequence of the newest event
 * @param time of the newest event
 * @param about name of the step that the newest event tells of; empty where it tells of the run as a whole
 * @param message of the newest event
 * @param steps by name, in the order of the plan
 */
public record RunStatus(
        Plan plan,
        long sequence,
        Instant time,
        RunState state,
        String about,
        String message,
        Map<String, StepStatus> steps,
        Optional<Instant> endTime) {

    public RunStatus {
        steps = Collections.unmodifiableMap(new LinkedHashMap<>(steps));
    }

    /** Of a run that was just submitted. */
    public static RunStatus submitted(Plan plan, Instant now) {
        Map<String, StepStatus> steps = new LinkedHashMap<>();
        plan.steps().forEach(step -> steps.put(step.name(), StepStatus.pending(1, now)));
        return new RunStatus(plan, 1, now, RunState.PENDING, "", "", steps, Optional.empty());
    }

    public StepStatus step(String name) {
        StepStatus step = steps.get(name);
        if (step == null) {
            throw new IllegalArgumentException(name + ": no such step (expected: one of " + steps.keySet() + ")");
        }
        return step;
    }

    /** The event that this status is. */
    public RunEvent event() {
        Optional<RunEvent.OfStep> step = Optional.ofNullable(steps.get(about))
                .map(status -> new RunEvent.OfStep(about, status.state(), status.attempt(), status.progress()));
        return new RunEvent(sequence, time, state, step, message);
    }

    /** Whether the run or a step is in another state than before, or in another attempt. */
    public boolean differsInStates(RunStatus before) {
        return state != before.state
                || !steps.keySet().stream()
                        .allMatch(name -> step(name).state()
                                        == before.step(name).state()
                                && step(name).attempt() == before.step(name).attempt());
    }

    /** Names of the steps that can begin, in the order of the plan. */
    public List<String> ready() {
        return state == RunState.CANCELLING || state.isFinal() ? List.of() : ready(steps);
    }

    private List<String> ready(Map<String, StepStatus> states) {
        return plan.steps().stream()
                .filter(step -> states.get(step.name()).state() == StepState.PENDING)
                .filter(step -> step.waitsFor().stream()
                        .allMatch(before -> states.get(before).state() == StepState.SUCCEEDED))
                .map(PlannedStep::name)
                .toList();
    }

    /** Names of the steps that a service may be at work on. */
    public List<String> active() {
        return steps.keySet().stream()
                .filter(name -> steps.get(name).state().isActive())
                .toList();
    }

    /** The steps that failed, in the order of the plan. */
    public List<String> failed() {
        return steps.keySet().stream()
                .filter(name -> steps.get(name).state() == StepState.FAILED)
                .toList();
    }

    /** Begins a step. Saved before anything is commanded, so that no command is forgotten. */
    public RunStatus begin(String step, Instant now) {
        return with(step, step(step).begun(now), now);
    }

    /**
     * What the report on a step changes.
     *
     * @param interval mere progress is told no more often than this
     */
    public Optional<RunStatus> after(String step, Report report, Duration interval, Instant now) {
        StepStatus before = step(step);
        return before.after(report, interval, now).map(next -> {
            boolean silent = next.troubles() > 1;
            return silent ? uncounted(step, next) : with(step, next, now);
        });
    }

    /** Somebody asks the run to stop. */
    public RunStatus cancel(Instant now) {
        Map<String, StepStatus> next = map(steps.keySet(), step -> step.cancelling(now));
        return of("", "", next, settled(next, true), now);
    }

    /**
     * Whether {@link #retry} may begin a step anew. A run that is being cancelled ends first.
     */
    public boolean canRetry(String step) {
        StepState now = step(step).state();
        return state != RunState.CANCELLING && (now == StepState.FAILED || now == StepState.CANCELLED);
    }

    /** Begins steps anew that failed or were cancelled, and with them what was skipped for their sake alone. */
    public RunStatus retry(Collection<String> names, Instant now) {
        Map<String, StepStatus> next = new LinkedHashMap<>(steps);
        for (String name : names) {
            StepStatus step = step(name);
            // An attempt that gave no command has left nothing behind whose name could be in the way.
            next.put(name, StepStatus.pending(step.start().isPresent() ? step.attempt() + 1 : step.attempt(), now));
        }
        for (PlannedStep step : plan.steps()) {
            if (next.get(step.name()).state() == StepState.SKIPPED
                    && step.waitsFor().stream()
                            .noneMatch(before -> isLost(next.get(before).state()))) {
                next.put(step.name(), StepStatus.pending(next.get(step.name()).attempt(), now));
            }
        }
        String one = names.size() == 1 ? names.iterator().next() : "";
        return of(one, "retry of " + String.join(", ", names), next, settled(next, false), now);
    }

    /** Ends a run that cannot be conducted. */
    public RunStatus fail(Failure why, Instant now) {
        Map<String, StepStatus> next = map(
                steps.keySet(),
                step -> step.state().isActive()
                        ? step.failed(why, now)
                        : step.state() == StepState.PENDING ? step.skipped(now) : step);
        return of(active().stream().findFirst().orElse(""), why.message(), next, RunState.FAILED, now);
    }

    private RunStatus with(String name, StepStatus step, Instant now) {
        Map<String, StepStatus> next = new LinkedHashMap<>(steps);
        next.put(name, step);
        if (isLost(step.state())) {
            for (String dependent : plan.dependents(Set.of(name))) {
                next.computeIfPresent(
                        dependent,
                        (ignored, before) -> before.state() == StepState.PENDING ? before.skipped(now) : before);
            }
        }
        return of(name, step.message(), next, settled(next, state == RunState.CANCELLING), now);
    }

    /** Without an event: only how often a service did not answer is another. */
    private RunStatus uncounted(String name, StepStatus step) {
        Map<String, StepStatus> next = new LinkedHashMap<>(steps);
        next.put(name, step);
        return new RunStatus(plan, sequence, time, state, about, message, next, endTime);
    }

    private RunStatus of(String step, String what, Map<String, StepStatus> next, RunState settled, Instant now) {
        return new RunStatus(
                plan,
                sequence + 1,
                now,
                settled,
                step,
                what,
                next,
                settled.isFinal() ? Optional.of(now) : Optional.empty());
    }

    private RunState settled(Map<String, StepStatus> next, boolean stopping) {
        Set<StepState> states = new LinkedHashSet<>();
        next.values().forEach(step -> states.add(step.state()));
        if (states.stream().allMatch(StepState::isFinal)) {
            if (stopping) {
                return RunState.CANCELLED;
            }
            return states.contains(StepState.FAILED)
                    ? RunState.FAILED
                    : states.contains(StepState.CANCELLED) ? RunState.CANCELLED : RunState.SUCCEEDED;
        }
        if (stopping) {
            return RunState.CANCELLING;
        }
        boolean onlyPaused = states.contains(StepState.PAUSED)
                && !states.contains(StepState.RUNNING)
                && ready(next).isEmpty();
        return onlyPaused ? RunState.PAUSED : RunState.RUNNING;
    }

    private static boolean isLost(StepState state) {
        return switch (state) {
            case FAILED, CANCELLED, SKIPPED -> true;
            case PENDING, RUNNING, PAUSED, CANCELLING, SUCCEEDED -> false;
        };
    }

    private Map<String, StepStatus> map(Set<String> names, UnaryOperator<StepStatus> change) {
        Map<String, StepStatus> next = new LinkedHashMap<>(steps);
        names.forEach(name -> next.put(name, Objects.requireNonNull(change.apply(next.get(name)))));
        return next;
    }
}
