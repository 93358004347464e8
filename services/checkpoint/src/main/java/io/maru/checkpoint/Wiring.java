package io.maru.checkpoint;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.maru.checkpoint.app.CallTimes;
import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.checkpoint.app.CheckpointCatalog;
import io.maru.checkpoint.app.CheckpointMeter;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.checkpoint.app.ExchangeModels;
import io.maru.checkpoint.app.Imports;
import io.maru.checkpoint.app.Leftovers;
import io.maru.checkpoint.app.ModelExporter;
import io.maru.checkpoint.app.ModelFileCatalog;
import io.maru.checkpoint.app.ModelFileIntake;
import io.maru.checkpoint.app.ModelImporter;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.app.Models;
import io.maru.checkpoint.app.Scrubber;
import io.maru.checkpoint.app.TokenizerRegistry;
import io.maru.checkpoint.client.TokenizationClient;
import io.maru.checkpoint.domain.Pace;
import io.maru.checkpoint.store.PostgresCheckpoints;
import io.maru.checkpoint.store.PostgresImports;
import io.maru.checkpoint.store.PostgresModelFiles;
import io.maru.checkpoint.store.PostgresModels;
import io.maru.checkpoint.store.PostgresRemoval;
import io.maru.checkpoint.store.StoredCheckpointBytes;
import io.maru.checkpoint.work.Housekeeping;
import io.maru.checkpoint.work.ImportWork;
import io.maru.checkpoint.work.RemovalWork;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.file.WorkFolder;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/** Makes the objects of checkpoint, each once. */
@ApplicationScoped
class Wiring {
    private final CheckpointConfig config;
    private final Path workDirectory;

    Wiring(CheckpointConfig config) throws IOException {
        this.config = config;
        this.workDirectory = WorkFolder.tidied(config.workDirectory());
    }

    @Produces
    @Singleton
    CheckpointBytes checkpointBytes(ObjectStore store) {
        return new StoredCheckpointBytes(store);
    }

    @Produces
    @Singleton
    CheckpointCatalog checkpointCatalog(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresCheckpoints(database, queue, outbox);
    }

    @Produces
    @Singleton
    PostgresModels modelCatalog(Database database, Outbox outbox) {
        return new PostgresModels(database, outbox);
    }

    @Produces
    @Singleton
    ModelFileCatalog modelFileCatalog(Database database) {
        return new PostgresModelFiles(database);
    }

    @Produces
    @Singleton
    PostgresImports importCatalog(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresImports(database, queue, outbox);
    }

    @Produces
    @Singleton
    TokenizerRegistry tokenizers(@GrpcClient("tokenization") Channel tokenization) {
        return new TokenizationClient(
                (ManagedChannel) tokenization, Duration.ofMillis(config.tokenizationTimeoutMillis()));
    }

    @Produces
    @Singleton
    CallTimes callTimes() {
        return new CallTimes(Duration.ofMillis(config.maxSilenceMillis()));
    }

    @Produces
    @Singleton
    CheckpointMeter meter(MeterRegistry registry) {
        return new CheckpointMeters(registry);
    }

    @Produces
    @Singleton
    Checkpoints checkpoints(CheckpointCatalog catalog, CheckpointBytes bytes) {
        return new Checkpoints(catalog, bytes, Clock.systemUTC());
    }

    @Produces
    @Singleton
    ModelVersions modelVersions(PostgresModels catalog, Checkpoints checkpoints, CheckpointBytes bytes) {
        return new ModelVersions(catalog, checkpoints, bytes, Clock.systemUTC());
    }

    @Produces
    @Singleton
    Models models(PostgresModels catalog, ModelVersions versions) {
        return new Models(catalog, versions);
    }

    @Produces
    @Singleton
    ModelFileIntake intake(CheckpointBytes bytes, ModelFileCatalog files) {
        return new ModelFileIntake(bytes, files, workDirectory, config.maxModelBytes(), config.maxUploads());
    }

    @Produces
    @Singleton
    ModelExporter exporter(CheckpointBytes bytes) {
        return new ModelExporter(bytes, workDirectory, config.maxExports());
    }

    @Produces
    @Singleton
    Imports imports(PostgresImports catalog, ModelFileCatalog files, CheckpointBytes bytes) {
        return new Imports(catalog, files, bytes, new ExchangeModels(), config.maxModelBytes());
    }

    @Produces
    @Singleton
    @Named("removals")
    Worker removals(WorkQueue queue, Database database, Checkpoints checkpoints, PlatformConfig platform) {
        RemovalWork work = new RemovalWork(checkpoints, claim -> new PostgresRemoval(database, queue, claim));
        return new Worker(queue, PostgresCheckpoints.REMOVAL, platform.work().pollMillis(), work);
    }

    @Produces
    @Singleton
    @Named("imports")
    Worker importing(
            WorkQueue queue,
            PostgresImports imports,
            PostgresModels catalog,
            CheckpointBytes bytes,
            TokenizerRegistry tokenizers,
            PlatformConfig platform,
            CheckpointMeter meter) {
        ModelImporter importer = new ModelImporter(
                catalog,
                bytes,
                new ExchangeModels(),
                tokenizers,
                workDirectory,
                config.maxModelBytes(),
                Clock.systemUTC());
        ImportWork work = new ImportWork(imports::held, importer, Duration.ofMillis(config.progressMillis()), meter);
        return new Worker(queue, PostgresImports.KIND, platform.work().pollMillis(), work);
    }

    @Produces
    @Singleton
    Housekeeping housekeeping(
            ModelFileCatalog files, CheckpointCatalog checkpoints, PostgresModels versions, CheckpointBytes bytes) {
        Leftovers leftovers = new Leftovers(files, versions, bytes, Duration.ofMillis(config.leftoverMillis()));
        Scrubber scrubber = new Scrubber(
                checkpoints,
                versions,
                bytes,
                Duration.ofMillis(config.scrubMillis()),
                new Pace(config.scrubBytesPerSecond()));
        return new Housekeeping(
                Map.of("the collection of leftovers", leftovers::collect, "scrubbing", scrubber::scrub),
                Duration.ofMillis(config.housekeepingMillis()));
    }

    void start(
            @Observes StartupEvent event,
            @Named("removals") Worker removals,
            @Named("imports") Worker imports,
            Housekeeping housekeeping) {
        removals.start();
        imports.start();
        housekeeping.start();
    }

    void stopRemovals(@Disposes @Named("removals") Worker removals) {
        removals.close();
    }

    void stopImports(@Disposes @Named("imports") Worker imports) {
        imports.close();
    }

    void stopHousekeeping(@Disposes Housekeeping housekeeping) {
        housekeeping.close();
    }
}
