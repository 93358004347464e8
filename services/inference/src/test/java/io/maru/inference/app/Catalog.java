package io.maru.inference.app;

import io.maru.inference.domain.InferenceReason;
import io.maru.inference.domain.LoadedModel;
import io.maru.inference.domain.ModelVersion;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Models that are loaded by name, without files. */
final class Catalog {
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    final Map<String, LanguageModel> models = new ConcurrentHashMap<>();
    final List<LoadedModel> announced = new ArrayList<>();
    final AtomicInteger loads = new AtomicInteger();
    CountDownLatch mayLoad = new CountDownLatch(0);

    Catalog with(String version, LanguageModel model) {
        models.put(version, model);
        return this;
    }

    Models models(int maxModels) {
        return new Models(
                this::find,
                version -> Path.of(version.name()),
                directory -> load(directory.toString()),
                maxModels,
                Clock.fixed(NOW, ZoneOffset.UTC),
                announced::add);
    }

    private ModelVersion find(String name) {
        String version = name.contains("/versions/") ? name : name + "/versions/1";
        if (!models.containsKey(version)) {
            throw InferenceReason.MODEL_MISSING.because("%s: not found (expected: a model version)", name);
        }
        return new ModelVersion(version, "0".repeat(64), List.of());
    }

    private LanguageModel load(String version) {
        loads.incrementAndGet();
        try {
            mayLoad.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return models.get(version);
    }
}
