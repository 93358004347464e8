package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Alias;
import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.Description;
import io.maru.checkpoint.domain.Model;
import io.maru.checkpoint.domain.ModelChange;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.domain.Origin;
import io.maru.formats.Manifest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Numbers versions in the order in which they are reserved. */
final class InMemoryModels implements ModelCatalog {
    final List<String> facts = new ArrayList<>();
    private final Map<String, Reservation> byRequest = new LinkedHashMap<>();
    private final Map<String, Alias> aliases = new TreeMap<>();

    @Override
    public Optional<Reservation> findByRequest(String requestKey) {
        return Optional.ofNullable(byRequest.get(requestKey));
    }

    @Override
    public Reservation reserve(String requestKey, String model, Origin origin, Instant now) {
        return byRequest.computeIfAbsent(requestKey, id -> {
            long version = 1
                    + byRequest.values().stream()
                            .filter(reservation -> reservation.name().model().equals(model))
                            .count();
            return new Reservation(new ModelVersionName(model, version), origin, Optional.empty());
        });
    }

    @Override
    public ModelVersion publish(ModelVersionName name, Manifest manifest) {
        Map.Entry<String, Reservation> entry = byRequest.entrySet().stream()
                .filter(candidate -> candidate.getValue().name().equals(name))
                .findFirst()
                .orElseThrow();
        Origin origin = entry.getValue().origin();
        ModelVersion version = new ModelVersion(
                name,
                origin,
                manifest,
                ModelVersion.State.ACTIVE,
                Description.NONE,
                List.of(),
                Instant.EPOCH,
                facts.size());
        entry.setValue(new Reservation(name, origin, Optional.of(version)));
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
    public Optional<ModelVersion> find(AliasName name) {
        return Optional.ofNullable(aliases.get(name.toString())).flatMap(alias -> find(alias.version()));
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

    @Override
    public Optional<ModelVersion> describe(ModelVersionName name, Description description, String caller) {
        throw new UnsupportedOperationException("no test here asks for it");
    }

    @Override
    public Optional<ModelVersion> nextToVerify(Duration age) {
        throw new UnsupportedOperationException("no test here asks for it");
    }

    @Override
    public void markCorrupt(ModelVersionName name, String message) {
        throw new UnsupportedOperationException("no test here asks for it");
    }

    @Override
    public Optional<Model> findModel(String name) {
        throw new UnsupportedOperationException("no test here asks for it");
    }

    @Override
    public List<Model> listModels(String workspace, long after, int limit) {
        throw new UnsupportedOperationException("no test here asks for it");
    }

    @Override
    public Move move(AliasName name, ModelVersionName to, Optional<String> expected, String caller) {
        Optional<ModelVersionName> found =
                Optional.ofNullable(aliases.get(name.toString())).map(Alias::version);
        String foundName = found.map(ModelVersionName::toString).orElse("");
        if (expected.isPresent() && !expected.get().equals(foundName)) {
            return new Move(found, Optional.empty());
        }
        Alias alias = new Alias(name, to, Instant.EPOCH);
        aliases.put(name.toString(), alias);
        facts.add("moved " + name + " to " + to + " for " + caller);
        return new Move(found, Optional.of(alias));
    }

    @Override
    public boolean forget(AliasName name, String caller) {
        return aliases.remove(name.toString()) != null;
    }

    @Override
    public List<ModelChange> changes(String model, long before, int limit) {
        throw new UnsupportedOperationException("no test here asks for it");
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
