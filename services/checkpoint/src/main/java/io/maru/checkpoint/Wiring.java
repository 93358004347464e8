package io.maru.checkpoint;

import io.maru.checkpoint.app.CheckpointBytes;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.store.PostgresCheckpoints;
import io.maru.checkpoint.store.PostgresModels;
import io.maru.checkpoint.store.StoredCheckpointBytes;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.stream.Stream;

/** The object graph. */
@ApplicationScoped
class Wiring {
    @Produces
    @Singleton
    CheckpointBytes checkpointBytes(ObjectStore store, CheckpointConfig config) {
        return new StoredCheckpointBytes(store, emptied(config.workDirectory()));
    }

    @Produces
    @Singleton
    Checkpoints checkpoints(Database database, Outbox outbox, CheckpointBytes bytes) {
        return new Checkpoints(new PostgresCheckpoints(database, outbox), bytes, Clock.systemUTC());
    }

    @Produces
    @Singleton
    ModelVersions modelVersions(Database database, Outbox outbox, Checkpoints checkpoints, CheckpointBytes bytes) {
        return new ModelVersions(new PostgresModels(database, outbox), checkpoints, bytes, Clock.systemUTC());
    }

    private static Path emptied(Path directory) {
        try {
            Files.createDirectories(directory);
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    if (!file.equals(directory)) {
                        Files.delete(file);
                    }
                }
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
