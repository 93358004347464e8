package io.maru.checkpoint;

import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.store.PostgresCheckpoints;
import io.maru.checkpoint.store.PostgresModels;
import io.maru.checkpoint.store.RemovalWork;
import io.maru.checkpoint.store.StoredCheckpointBytes;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** The object graph. */
@ApplicationScoped
class Wiring {
    @Produces
    @Singleton
    CheckpointBytes checkpointBytes(ObjectStore store) {
        return new StoredCheckpointBytes(store);
    }

    @Produces
    @Singleton
    PostgresCheckpoints checkpointTable(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresCheckpoints(database, queue, outbox);
    }

    @Produces
    @Singleton
    Checkpoints checkpoints(PostgresCheckpoints table, CheckpointBytes bytes) {
        return new Checkpoints(table, bytes, Clock.systemUTC());
    }

    @Produces
    @Singleton
    Worker removals(WorkQueue queue, PostgresCheckpoints table, Checkpoints checkpoints, PlatformConfig platform) {
        return new Worker(
                queue, PostgresCheckpoints.REMOVAL, platform.work().pollMillis(), new RemovalWork(table, checkpoints));
    }

    void start(@Observes StartupEvent event, Worker removals) {
        removals.start();
    }

    void stop(@Disposes Worker removals) {
        removals.close();
    }

    @Produces
    @Singleton
    ModelVersions modelVersions(Database database, Outbox outbox, Checkpoints checkpoints, CheckpointBytes bytes) {
        return new ModelVersions(new PostgresModels(database, outbox), checkpoints, bytes, Clock.systemUTC());
    }
}
