package io.maru.checkpoint;

import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.checkpoint.app.CheckpointCatalog;
import io.maru.checkpoint.app.CheckpointMeter;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.store.PostgresCheckpoints;
import io.maru.checkpoint.store.PostgresModels;
import io.maru.checkpoint.store.PostgresRemoval;
import io.maru.checkpoint.store.StoredCheckpointBytes;
import io.maru.checkpoint.work.RemovalWork;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** Makes the objects of checkpoint, each once. */
@ApplicationScoped
class Wiring {
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
    Checkpoints checkpoints(CheckpointCatalog catalog, CheckpointBytes bytes) {
        return new Checkpoints(catalog, bytes, Clock.systemUTC());
    }

    @Produces
    @Singleton
    Worker removals(WorkQueue queue, Database database, Checkpoints checkpoints, PlatformConfig platform) {
        RemovalWork work = new RemovalWork(checkpoints, claim -> new PostgresRemoval(database, queue, claim));
        return new Worker(queue, PostgresCheckpoints.REMOVAL, platform.work().pollMillis(), work);
    }

    void start(@Observes StartupEvent event, Worker removals) {
        removals.start();
    }

    void stop(@Disposes Worker removals) {
        removals.close();
    }

    @Produces
    @Singleton
    CheckpointMeter meter(MeterRegistry registry) {
        return new CheckpointMeters(registry);
    }

    @Produces
    @Singleton
    ModelVersions modelVersions(Database database, Outbox outbox, Checkpoints checkpoints, CheckpointBytes bytes) {
        return new ModelVersions(new PostgresModels(database, outbox), checkpoints, bytes, Clock.systemUTC());
    }
}
