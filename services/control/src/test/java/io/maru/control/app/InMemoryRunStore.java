package io.maru.control.app;

import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunStatus;
import io.maru.platform.work.Claim;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link RunStore} that forgets. Can be told to die around a save, as a killed process does. */
final class InMemoryRunStore implements RunStore {
    private final Map<String, Run> runs = new LinkedHashMap<>();
    private final Map<String, List<RunEvent>> events = new LinkedHashMap<>();
    private int savesUntilDeath = Integer.MAX_VALUE;
    private boolean deathAfterWriting;
    private Runnable beforeSave = () -> {};

    /** The next save but {@code saves} kills whoever makes it: before it is written, or after. */
    void dieAtSave(int saves, boolean afterWriting) {
        savesUntilDeath = saves;
        deathAfterWriting = afterWriting;
    }

    /** Somebody else gets in between, once. */
    void beforeNextSave(Runnable action) {
        beforeSave = action;
    }

    @Override
    public boolean create(NewRun run, Instant now) {
        if (runs.containsKey(run.name()) || byRequest(run.requestKey()).isPresent()) {
            return false;
        }
        RunStatus status = RunStatus.submitted(run.plan(), now);
        runs.put(
                run.name(),
                new Run(
                        run.name(),
                        runs.size() + 1,
                        run.requestKey(),
                        run.recipe(),
                        run.sources(),
                        run.priority(),
                        now,
                        status));
        events.put(run.name(), new ArrayList<>(List.of(status.event())));
        return true;
    }

    @Override
    public Optional<Run> find(String name) {
        return Optional.ofNullable(runs.get(name));
    }

    @Override
    public Optional<Run> byRequest(String requestKey) {
        return runs.values().stream()
                .filter(run -> run.requestKey().equals(requestKey))
                .findFirst();
    }

    @Override
    public List<Run> list(String workspace, long before, int limit) {
        return runs.values().stream()
                .filter(run -> run.name().startsWith(workspace + "/") && run.position() < before)
                .sorted((a, b) -> Long.compare(b.position(), a.position()))
                .limit(limit)
                .toList();
    }

    @Override
    public List<RunEvent> events(String name, long after, int limit) {
        return events.get(name).stream()
                .filter(event -> event.sequence() > after)
                .limit(limit)
                .toList();
    }

    @Override
    public long open() {
        return runs.values().stream()
                .filter(run -> !run.status().state().isFinal())
                .count();
    }

    @Override
    public boolean save(Run run, RunStatus next) {
        Runnable between = beforeSave;
        beforeSave = () -> {};
        between.run();
        boolean dies = savesUntilDeath-- == 0;
        if (dies && !deathAfterWriting) {
            throw new Killed();
        }
        Run now = runs.get(run.name());
        boolean current = now.status().sequence() == run.status().sequence();
        if (current) {
            runs.put(run.name(), now.with(next));
            if (next.sequence() > run.status().sequence()) {
                events.get(run.name()).add(next.event());
            }
        }
        if (dies) {
            throw new Killed();
        }
        return current;
    }

    @Override
    public boolean finish(Claim claim) {
        return find(claim.name()).orElseThrow().status().state().isFinal();
    }

    /** Nothing in a process survives it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }
}
