package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Keeps checkpoints in a map, and tells what it did as the facts would. */
final class InMemoryCheckpoints implements CheckpointCatalog {
    final List<String> facts = new ArrayList<>();
    /** Of files that a worker is to remove. */
    final Set<CheckpointName> removals = new HashSet<>();

    private final Map<CheckpointName, Checkpoint> byName = new HashMap<>();
    private final Map<String, CheckpointName> byRequest = new HashMap<>();

    @Override
    public Optional<Checkpoint> find(CheckpointName name) {
        return Optional.ofNullable(byName.get(name));
    }

    @Override
    public Optional<Checkpoint> findByRequest(String requestKey) {
        return Optional.ofNullable(byRequest.get(requestKey)).map(byName::get);
    }

    @Override
    public List<Checkpoint> list(String run, String training, long after, int limit) {
        List<Checkpoint> all = byName.values().stream()
                .filter(checkpoint -> checkpoint.name().run().equals(run)
                        && (training.isEmpty() || checkpoint.name().training().equals(training)))
                .sorted(Comparator.comparing(
                                (Checkpoint checkpoint) -> checkpoint.name().training())
                        .thenComparing(checkpoint -> -checkpoint.name().step()))
                .toList();
        return all.stream()
                .dropWhile(checkpoint -> after != Long.MAX_VALUE && checkpoint.sequence() != after)
                .skip(after == Long.MAX_VALUE ? 0 : 1)
                .filter(checkpoint -> !checkpoint.isDeleted())
                .limit(limit)
                .toList();
    }

    @Override
    public void register(String requestKey, Checkpoint checkpoint) {
        Checkpoint present = byName.get(checkpoint.name());
        if (present == null || !present.isActive()) {
            byName.put(
                    checkpoint.name(),
                    in(Checkpoint.State.ACTIVE, checkpoint, present == null ? byName.size() + 1 : present.sequence()));
            byRequest.put(requestKey, checkpoint.name());
            facts.add("registered " + checkpoint.name());
        }
    }

    @Override
    public Optional<Checkpoint> nextToVerify(Duration age) {
        throw new UnsupportedOperationException("no test here asks for it");
    }

    @Override
    public void markCorrupt(CheckpointName name, String message) {
        put(name, Checkpoint.State.CORRUPT);
        facts.add("corrupted " + name + ": " + message);
    }

    @Override
    public void markDeleted(CheckpointName name) {
        if (!byName.get(name).isDeleted()) {
            put(name, Checkpoint.State.DELETED);
            removals.add(name);
            facts.add("deleted " + name);
        }
    }

    @Override
    public void keepFiles(CheckpointName name) {
        removals.remove(name);
    }

    private void put(CheckpointName name, Checkpoint.State state) {
        Checkpoint found = byName.get(name);
        byName.put(name, in(state, found, found.sequence()));
    }

    private static Checkpoint in(Checkpoint.State state, Checkpoint found, long sequence) {
        return new Checkpoint(
                found.name(),
                state,
                found.dataset(),
                found.tokenizer(),
                found.validationLoss(),
                found.manifest(),
                found.createTime(),
                sequence);
    }
}
