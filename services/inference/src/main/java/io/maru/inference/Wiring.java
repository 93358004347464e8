package io.maru.inference;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.maru.inference.app.DecodingSlots;
import io.maru.inference.app.GenerationMeter;
import io.maru.inference.app.LanguageModel;
import io.maru.inference.app.ModelCatalog;
import io.maru.inference.app.Models;
import io.maru.inference.app.TensorFlowModel;
import io.maru.inference.client.CheckpointClient;
import io.maru.inference.grpc.ReaderSettings;
import io.maru.inference.store.CachedModelFiles;
import io.maru.inference.store.ModelFacts;
import io.maru.model.device.DeviceOptions;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
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

/** Makes the objects of inference, each once. */
@ApplicationScoped
class Wiring {

    @Produces
    @Singleton
    ModelCatalog catalog(@GrpcClient("checkpoint") Channel checkpoint, InferenceConfig config) {
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
            ModelCatalog catalog,
            CachedModelFiles files,
            LanguageModel.Loader loader,
            Database database,
            Outbox outbox,
            InferenceConfig config) {
        ModelFacts facts = new ModelFacts(database, outbox);
        return new Models(catalog, files, loader, config.maxModels(), Clock.systemUTC(), facts::tellLoaded);
    }

    @Produces
    @Singleton
    DecodingSlots slots(InferenceConfig config) {
        return new DecodingSlots(config.slots(), config.waiting());
    }

    @Produces
    @Singleton
    ReaderSettings readerSettings(InferenceConfig config) {
        return new ReaderSettings(Duration.ofMillis(config.readerTimeoutMillis()));
    }

    @Produces
    @Singleton
    GenerationMeter meter(MeterRegistry registry, Models models, DecodingSlots slots) {
        return new InferenceMeters(registry, models, slots);
    }

    void start(@Observes StartupEvent event, CachedModelFiles files) throws IOException {
        files.clean();
    }

    void stopSlots(@Disposes DecodingSlots slots) {
        slots.close();
    }

    void stopModels(@Disposes Models models) {
        models.close();
    }
}
