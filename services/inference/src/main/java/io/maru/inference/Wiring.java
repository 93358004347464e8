package io.maru.inference;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.maru.inference.app.DecodingSlots;
import io.maru.inference.app.LanguageModel;
import io.maru.inference.app.ModelCatalogue;
import io.maru.inference.app.Models;
import io.maru.inference.app.TensorFlowModel;
import io.maru.inference.grpc.CheckpointClient;
import io.maru.inference.grpc.GenerationMeters;
import io.maru.inference.kafka.ModelFacts;
import io.maru.inference.store.CachedModelFiles;
import io.maru.model.device.DeviceOptions;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/** The objects of inference, made once. */
@ApplicationScoped
class Wiring {

    @Produces
    @Singleton
    ModelCatalogue catalogue(@GrpcClient("checkpoint") Channel checkpoint, InferenceConfig config) {
        return new CheckpointClient((ManagedChannel) checkpoint, Duration.ofMillis(config.checkpointTimeoutMillis()));
    }

    @Produces
    @Singleton
    CachedModelFiles files(ObjectStore store, InferenceConfig config) {
        return new CachedModelFiles(store, config.workDirectory(), config.cachedModels());
    }

    @Produces
    @Singleton
    LanguageModel.Loader loader(InferenceConfig config) {
        return TensorFlowModel.loader(new DeviceOptions(config.intraOpThreads(), config.interOpThreads()));
    }

    @Produces
    @Singleton
    Models models(
            ModelCatalogue catalogue,
            CachedModelFiles files,
            LanguageModel.Loader loader,
            Database database,
            Outbox outbox,
            InferenceConfig config) {
        ModelFacts facts = new ModelFacts(database, outbox);
        return new Models(catalogue, files, loader, config.mostModels(), Clock.systemUTC(), facts::tellLoaded);
    }

    @Produces
    @Singleton
    DecodingSlots slots(InferenceConfig config) {
        return new DecodingSlots(config.slots(), config.waiting());
    }

    @Produces
    @Singleton
    GenerationMeters meters(MeterRegistry registry) {
        return new GenerationMeters(registry);
    }

    void start(
            @Observes StartupEvent event,
            CachedModelFiles files,
            Models models,
            DecodingSlots slots,
            MeterRegistry registry)
            throws IOException {
        files.clean();
        Gauge.builder("maru_inference_running", slots, DecodingSlots::running)
                .description("Generations and scorings that run")
                .register(registry);
        Gauge.builder("maru_inference_models_loaded", models, loaded -> loaded.loaded()
                        .size())
                .register(registry);
    }

    void stopSlots(@Disposes DecodingSlots slots) {
        slots.close();
    }

    void stopModels(@Disposes Models models) {
        models.close();
    }
}
