package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.formats.Manifest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Numbers versions in the order in which they are reserved. */
final class InMemoryModels implements ModelCatalog {
    final List<String> facts = new ArrayList<>();
    private final Map<String, Reservation> byRequest = new LinkedHashMap<>();
    private final Map<CheckpointName, Checkpoint> made = new HashMap<>();

    @Override
    public Optional<Reservation> findByRequest(String requestKey) {
        return Optional.ofNullable(byRequest.get(requestKey));
    }

    @Override
    public Reservation reserve(String requestKey, String model, Checkpoint checkpoint, Instant now) {
        return byRequest.computeIfAbsent(requestKey, id -> {
            made.put(checkpoint.name(), checkpoint);
            long version = 1
                    + byRequest.values().stream()
                            .filter(reservation -> reservation.name().model().equals(model))
                            .count();
            return new Reservation(new ModelVersionName(model, version), checkpoint.name(), Optional.empty());
        });
    }

    @Override
    public ModelVersion publish(ModelVersionName name, Manifest manifest) {
        Map.Entry<String, Reservation> entry = byRequest.entrySet().stream()
                .filter(candidate -> candidate.getValue().name().equals(name))
                .findFirst()
                .orElseThrow();
        Checkpoint checkpoint = made.get(entry.getValue().checkpoint());
        ModelVersion version = new ModelVersion(
                name,
                checkpoint.name(),
                checkpoint.dataset(),
                checkpoint.tokenizer(),
                manifest,
                Instant.EPOCH,
                facts.size());
        entry.setValue(new Reservation(name, version.checkpoint(), Optional.of(version)));
        facts.add("published " + name);
        return version;
    }

    @Override
    public Optional<ModelVersion> find(ModelVersionName name) {
        return listOf(name.model(), Long.MAX_VALUE, Integer.MAX_VALUE).stream()
                .filter(version -> version.name().equals(name))
                .findFirst();
    }

    @Override
    public Optional<ModelVersion> newest(String model) {
        return listOf(model, Long.MAX_VALUE, Integer.MAX_VALUE).stream()
                .max(Comparator.comparingLong(version -> version.name().version()));
    }

    @Override
    public List<ModelVersion> list(String workspace, long before, int limit) {
        return list(version -> version.name().workspace().equals(workspace), before, limit);
    }

    @Override
    public List<ModelVersion> listOf(String model, long before, int limit) {
        return list(version -> version.name().model().equals(model), before, limit);
    }

    private List<ModelVersion> list(Predicate<ModelVersion> wanted, long before, int limit) {
        return byRequest.values().stream()
                .flatMap(reservation -> reservation.published().stream())
                .filter(wanted)
                .filter(version -> version.sequence() < before)
                .sorted(Comparator.comparingLong(ModelVersion::sequence).reversed())
                .limit(limit)
                .toList();
    }
}
