package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.formats.Manifest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Numbers versions in the order in which they are reserved. */
final class InMemoryModels implements ModelCatalog {
    final List<String> facts = new ArrayList<>();
    private final Map<String, Reservation> byRequest = new LinkedHashMap<>();

    @Override
    public Optional<Reservation> findByRequest(String requestId) {
        return Optional.ofNullable(byRequest.get(requestId));
    }

    @Override
    public Reservation reserve(String requestId, String model, CheckpointName checkpoint, Instant now) {
        return byRequest.computeIfAbsent(requestId, id -> {
            long version = 1
                    + byRequest.values().stream()
                            .filter(reservation -> reservation.name().model().equals(model))
                            .count();
            return new Reservation(new ModelVersionName(model, version), checkpoint, Optional.empty());
        });
    }

    @Override
    public ModelVersion publish(ModelVersionName name, Manifest manifest) {
        Map.Entry<String, Reservation> entry = byRequest.entrySet().stream()
                .filter(candidate -> candidate.getValue().name().equals(name))
                .findFirst()
                .orElseThrow();
        ModelVersion version =
                new ModelVersion(name, entry.getValue().checkpoint(), manifest, Instant.EPOCH, facts.size());
        entry.setValue(new Reservation(name, version.checkpoint(), Optional.of(version)));
        facts.add("published " + name);
        return version;
    }

    @Override
    public Optional<ModelVersion> find(ModelVersionName name) {
        return list("", Long.MAX_VALUE, Integer.MAX_VALUE).stream()
                .filter(version -> version.name().equals(name))
                .findFirst();
    }

    @Override
    public Optional<ModelVersion> newest(String model) {
        return list(model, Long.MAX_VALUE, Integer.MAX_VALUE).stream()
                .max(Comparator.comparingLong(version -> version.name().version()));
    }

    @Override
    public List<ModelVersion> list(String model, long before, int limit) {
        return byRequest.values().stream()
                .flatMap(reservation -> reservation.published().stream())
                .filter(version -> model.isEmpty() || version.name().model().equals(model))
                .filter(version -> version.sequence() < before)
                .sorted(Comparator.comparingLong(ModelVersion::sequence).reversed())
                .limit(limit)
                .toList();
    }
}
