package io.maru.control.app;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.platform.error.Violations;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A kind of step whose service says what the test wrote down for a step, and otherwise is done at the second question. It
 * refuses the key {@code wrong} of a spec.
 */
final class FakeStep implements StepWork {
    /** Request ids that had an effect, in the order in which they came. */
    final Set<String> effects = new HashSet<>();

    final List<Attempt> asked = new ArrayList<>();
    final List<Draft> checked = new ArrayList<>();
    final List<String> pauses = new ArrayList<>();
    int cancels;

    private final StepKind kind;
    private final Map<String, Deque<Report>> scripts = new HashMap<>();

    FakeStep(StepKind kind) {
        this.kind = kind;
    }

    /** The kinds of a real run, by name. */
    static Map<String, FakeStep> all() {
        Map<String, FakeStep> all = new LinkedHashMap<>();
        for (StepKind kind : List.of(
                new StepKind("ingest", List.of(), List.of(Role.CORPUS), true),
                new StepKind("tokenizer", List.of(Input.needed(Role.CORPUS)), List.of(Role.TOKENIZER)),
                new StepKind(
                        "encode",
                        List.of(Input.needed(Role.CORPUS), Input.needed(Role.TOKENIZER)),
                        List.of(Role.DATASET)),
                new StepKind(
                        "train",
                        List.of(Input.needed(Role.DATASET), Input.optional("init", Role.MODEL, Role.CHECKPOINT)),
                        List.of(Role.TRAINING_JOB, Role.CHECKPOINT)),
                new StepKind(
                        "publish",
                        List.of(Input.needed(Role.CHECKPOINT), Input.target(Role.MODEL)),
                        List.of(Role.MODEL)),
                new StepKind(
                        "evaluate",
                        List.of(Input.needed(Role.MODEL), Input.needed(Role.DATASET)),
                        List.of(Role.EVALUATION)),
                new StepKind("serve", List.of(Input.needed(Role.MODEL)), List.of()))) {
            all.put(kind.name(), new FakeStep(kind));
        }
        return all;
    }

    /** Of the step of that name, one after the other. */
    void says(String step, Report... reports) {
        scripts.computeIfAbsent(step, ignored -> new ArrayDeque<>()).addAll(List.of(reports));
    }

    @Override
    public StepKind kind() {
        return kind;
    }

    @Override
    public Map<String, Double> check(Draft draft, Violations violations) {
        checked.add(draft);
        draft.spec().fieldNames().forEachRemaining(key -> {
            if (key.startsWith("wrong")) {
                violations.add(draft.path() + "." + key, draft.spec().get(key).asText(), "nothing wrong");
            }
        });
        return kind.name().equals("tokenizer") ? Map.of("vocabulary_size", 300.0) : Map.of();
    }

    @Override
    public Report advance(Attempt attempt) {
        asked.add(attempt);
        effects.add(attempt.requestId());
        Deque<Report> script = scripts.getOrDefault(attempt.step(), new ArrayDeque<>());
        if (!script.isEmpty()) {
            return script.remove();
        }
        boolean known = asked.stream()
                        .filter(earlier -> earlier.requestId().equals(attempt.requestId()))
                        .count()
                > 1;
        return known ? finished(attempt.id()) : working(0, attempt.id());
    }

    @Override
    public Report cancel(Attempt attempt) {
        cancels++;
        Deque<Report> script = scripts.getOrDefault(attempt.step(), new ArrayDeque<>());
        return script.isEmpty() ? new Report.Cancelled(attempt.step() + " was cancelled") : script.remove();
    }

    @Override
    public boolean canPause() {
        return kind.name().equals("train");
    }

    @Override
    public void pause(Attempt attempt) {
        pauses.add("pause " + attempt.step());
    }

    @Override
    public void resume(Attempt attempt) {
        pauses.add("resume " + attempt.step());
    }

    Report working(long done, String id) {
        return new Report.Working(Progress.of(done, 100, "steps"), made(id));
    }

    Report paused(long done, String id) {
        return new Report.Working(Progress.of(done, 100, "steps"), true, made(id), "because");
    }

    Report finished(String id) {
        return new Report.Finished(Progress.of(100, 100, "steps"), made(id), Map.of("score", 1.5), id + " is done");
    }

    private Map<String, String> made(String id) {
        Map<String, String> made = new HashMap<>();
        kind.made().forEach(role -> made.put(role, role + " of " + id));
        return made;
    }
}
