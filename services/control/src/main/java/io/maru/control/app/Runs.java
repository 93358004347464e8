package io.maru.control.app;

import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.RecipeReader;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.StepState;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** What operators may do with runs. A workspace is given as in {@code workspaces/default}, a run by its full name. */
public final class Runs {
    public static final int MAX_SOURCES = 10_000;
    private static final int MAX_SOURCE_LENGTH = 256;
    private static final Pattern UPLOAD = Pattern.compile("uploads/[0-9a-f]{32}");
    /** No part is empty or leads upwards. */
    private static final Pattern INBOX = Pattern.compile("inbox(/(?!\\.{1,2}(/|$))[^/\\\\\\p{Cntrl}]+)+");

    private final RunStore runs;
    private final SourceSizes sources;
    private final Planner planner;
    private final StepWorks works;
    private final RunObserver observer;
    private final Wake wake;
    private final long maxOpen;
    private final InstantSource clock;

    /**
     * @param wake makes the conductor look at a run soon
     * @param maxOpen runs that may be unfinished at a time
     */
    public Runs(
            RunStore runs,
            SourceSizes sources,
            Planner planner,
            StepWorks works,
            RunObserver observer,
            Wake wake,
            long maxOpen,
            InstantSource clock) {
        this.runs = runs;
        this.sources = sources;
        this.planner = planner;
        this.works = works;
        this.observer = observer;
        this.wake = wake;
        this.maxOpen = maxOpen;
        this.clock = clock;
    }

    /**
     * Checks everything that can be known beforehand, and queues a run. The same request again gives the run that it made.
     *
     * @param requestKey unique for the caller, the method and the request
     * @param from names of sources, as the caller says them
     * @throws io.maru.platform.error.Refusal RECIPE_INVALID with every mistake, SOURCES_INVALID, SOURCE_MISSING,
     *     NEIGHBOUR_UNAVAILABLE, TOO_MANY_RUNS, REQUEST_ID_REUSED
     */
    public Run submit(String workspace, String requestKey, String recipe, List<String> from) {
        List<String> full = fullNames(workspace, from);
        Optional<Run> earlier = runs.byRequest(requestKey);
        if (earlier.isPresent()) {
            return same(earlier.get(), recipe, full);
        }
        Violations violations = new Violations();
        Recipe read = RecipeReader.read(recipe, violations);
        checkCount(read, full, violations);
        Planner.Planned planned = planner.plan(read, workspace, full, bytes(workspace, full), violations);
        violations.throwIfAny(ControlReason.RECIPE_INVALID);
        checkRoom();
        String name = workspace + "/runs/r-"
                + UUID.randomUUID().toString().substring(0, 18).replace("-", "");
        RunStore.NewRun run = new RunStore.NewRun(name, requestKey, recipe, full, read.priority(), planned.plan());
        if (!runs.create(run, clock.instant())) {
            // The same request came twice at the same moment, and the other call was first.
            return same(runs.byRequest(requestKey).orElseThrow(), recipe, full);
        }
        Run made = get(name);
        wake.soon(name);
        return made;
    }

    private static Run same(Run earlier, String recipe, List<String> from) {
        if (!earlier.recipe().equals(recipe) || !earlier.sources().equals(from)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it was %s with another recipe or other sources (expected: a new id)", earlier.name());
        }
        return earlier;
    }

    private void checkRoom() {
        if (runs.open() >= maxOpen) {
            throw ControlReason.TOO_MANY_RUNS.because(
                    "runs: %d are not finished (expected: fewer than that; try again when one has ended)", maxOpen);
        }
    }

    /**
     * Checks a recipe alone.
     *
     * @param sourceBytes of the text that it is meant for; 0 where it is unknown
     * @throws io.maru.platform.error.Refusal RECIPE_INVALID with every mistake, NEIGHBOUR_UNAVAILABLE
     */
    public CheckedRecipe check(String workspace, String recipe, long sourceBytes) {
        if (sourceBytes < 0) {
            throw CommonReason.INVALID_ARGUMENT.because("source_bytes: %d (expected: >= 0)", sourceBytes);
        }
        Violations violations = new Violations();
        Recipe read = RecipeReader.read(recipe, violations);
        Planner.Planned planned = planner.plan(read, workspace, List.of(), sourceBytes, violations);
        violations.throwIfAny(ControlReason.RECIPE_INVALID);
        return new CheckedRecipe(read, planned, planner.readsSources(read));
    }

    public Run get(String name) {
        return runs.find(name)
                .orElseThrow(
                        () -> ControlReason.RUN_NOT_FOUND.because("%s: no such run (expected: one of ListRuns)", name));
    }

    /** Newest first, from below {@code before}. */
    public List<Run> list(String workspace, long before, int limit) {
        return runs.list(workspace, before, limit);
    }

    public List<RunEvent> events(String name, long after, int limit) {
        return runs.events(name, after, limit);
    }

    /** Asks a run to stop; one that is final or stopping stays as it is. */
    public Run cancel(String name) {
        return change(name, run -> {
            RunState state = run.status().state();
            return state.isFinal() || state == RunState.CANCELLING
                    ? Optional.empty()
                    : Optional.of(run.status().cancel(clock.instant()));
        });
    }

    /**
     * Begins steps anew, and with them what was skipped for their sake. What other steps made stays. A new attempt starts
     * from the beginning and makes things of new names, since what the last one left is sealed or unknown.
     *
     * @param step empty for all that failed, and where none did for all that were cancelled
     * @throws io.maru.platform.error.Refusal RUN_NOT_FOUND, STEP_NOT_FOUND, WRONG_STATE, TOO_MANY_RUNS
     */
    public Run retry(String name, String step) {
        return change(name, run -> {
            List<String> steps = toRetry(run, step);
            if (run.status().state().isFinal()) {
                checkRoom();
            }
            return Optional.of(run.status().retry(steps, clock.instant()));
        });
    }

    private static List<String> toRetry(Run run, String step) {
        RunStatus status = run.status();
        if (!step.isEmpty() && !run.plan().has(step)) {
            throw ControlReason.STEP_NOT_FOUND.because(
                    "%s: no step of %s (expected: one of %s)",
                    step, run.name(), String.join(", ", status.steps().keySet()));
        }
        List<String> steps = List.of(step);
        if (step.isEmpty()) {
            steps = status.failed().isEmpty()
                    ? status.steps().keySet().stream()
                            .filter(one -> status.step(one).state() == StepState.CANCELLED)
                            .toList()
                    : status.failed();
        }
        if (steps.isEmpty()) {
            throw ControlReason.WRONG_STATE.because(
                    "%s: %s, and no step failed (expected: a step that is FAILED or CANCELLED)",
                    run.name(), status.state());
        }
        for (String one : steps) {
            if (!status.canRetry(one)) {
                throw ControlReason.WRONG_STATE.because(
                        "%s: %s is %s in a run that is %s (expected: a step that is FAILED or CANCELLED, in a run that is"
                                + " not CANCELLING)",
                        run.name(), one, status.step(one).state(), status.state());
            }
        }
        return steps;
    }

    /**
     * Asks the steps that are at work to save what they have and wait. The run is PAUSED when all of them do.
     *
     * @throws io.maru.platform.error.Refusal RUN_NOT_FOUND, WRONG_STATE, NEIGHBOUR_UNAVAILABLE
     */
    public Run pause(String name) {
        return askActive(name, (work, step) -> work.pause(get(name).attempt(step)));
    }

    /** Lets a run go on; throws as {@link #pause}. */
    public Run resume(String name) {
        return askActive(name, (work, step) -> work.resume(get(name).attempt(step)));
    }

    /** A request goes to the steps' services, and the next look at the run sees what came of it. */
    private Run askActive(String name, BiConsumer<StepWork, String> request) {
        Run run = get(name);
        RunState state = run.status().state();
        List<String> pausable = state != RunState.RUNNING && state != RunState.PAUSED
                ? List.of()
                : run.status().active().stream()
                        // What was not commanded yet has no name to be asked by.
                        .filter(step -> !run.status().step(step).made().isEmpty())
                        .filter(step -> work(run, step).map(StepWork::canPause).orElse(false))
                        .toList();
        if (pausable.isEmpty()) {
            throw ControlReason.WRONG_STATE.because(
                    "%s: %s with %s at work (expected: RUNNING or PAUSED with a step that trains)",
                    name,
                    state,
                    run.status().active().isEmpty()
                            ? "no step"
                            : String.join(", ", run.status().active()));
        }
        pausable.forEach(step -> request.accept(work(run, step).orElseThrow(), step));
        wake.soon(name);
        return get(name);
    }

    private Optional<StepWork> work(Run run, String step) {
        return works.find(run.plan().step(step).kind());
    }

    private Run change(String name, Function<Run, Optional<RunStatus>> change) {
        while (true) {
            Run run = get(name);
            Optional<RunStatus> next = change.apply(run);
            if (next.isEmpty()) {
                return run;
            }
            if (runs.save(run, next.get())) {
                observer.changed(run, next.get());
                wake.soon(name);
                return get(name);
            }
        }
    }

    private void checkCount(Recipe recipe, List<String> from, Violations violations) {
        boolean reads = planner.readsSources(recipe);
        if (reads && from.isEmpty() && violations.isEmpty()) {
            throw ControlReason.SOURCES_INVALID.because(
                    "sources: none (expected: 1 to %d, for the step that ingests)", MAX_SOURCES);
        }
        if (!reads && !from.isEmpty() && violations.isEmpty()) {
            throw ControlReason.SOURCES_INVALID.because(
                    "sources: %d of them (expected: none, since no step of the recipe reads them)", from.size());
        }
    }

    /** Sources below the workspace, as the caller names them or in full. */
    private static List<String> fullNames(String workspace, List<String> from) {
        if (from.size() > MAX_SOURCES) {
            throw ControlReason.SOURCES_INVALID.because(
                    "sources: %d of them (expected: at most %d)", from.size(), MAX_SOURCES);
        }
        String prefix = workspace + "/";
        return IntStream.range(0, from.size())
                .mapToObj(i -> {
                    String source = from.get(i);
                    String relative = source.startsWith(prefix) ? source.substring(prefix.length()) : source;
                    checkName(i, source, relative);
                    return prefix + relative;
                })
                .toList();
    }

    private static void checkName(int index, String source, String relative) {
        if (source.length() > MAX_SOURCE_LENGTH
                || (!UPLOAD.matcher(relative).matches()
                        && !INBOX.matcher(relative).matches())) {
            throw ControlReason.SOURCES_INVALID.because(
                    "sources[%d]: %s (expected: the name of an upload or a path below inbox/, at most %d characters)",
                    index,
                    source.length() > MAX_SOURCE_LENGTH ? source.length() + " characters" : '"' + source + '"',
                    MAX_SOURCE_LENGTH);
        }
    }

    private long bytes(String workspace, List<String> from) {
        long sum = 0;
        for (int i = 0; i < from.size(); i++) {
            OptionalLong size = sources.size(from.get(i));
            if (size.isEmpty()) {
                throw ControlReason.SOURCE_MISSING.because(
                        "sources[%d]: there is no %s (expected: one that was uploaded)",
                        i, from.get(i).substring(workspace.length() + 1));
            }
            sum += size.getAsLong();
        }
        return sum;
    }
}
