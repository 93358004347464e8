package io.maru.training;

import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.model.DeviceOptions;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.training.app.Datasets;
import io.maru.training.app.Folders;
import io.maru.training.app.Gathering;
import io.maru.training.app.LocalLearners;
import io.maru.training.app.TrainingBytes;
import io.maru.training.app.TrainingJobs;
import io.maru.training.app.TrainingLoop;
import io.maru.training.domain.Limits;
import io.maru.training.grpc.CheckpointClient;
import io.maru.training.process.Follower;
import io.maru.training.process.GroupLearners;
import io.maru.training.store.PostgresTrainingJobs;
import io.maru.training.store.SeatWork;
import io.maru.training.store.StoredTrainingBytes;
import io.maru.training.store.TrainingWork;
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
import java.util.stream.Stream;

/** The object graph. */
@ApplicationScoped
class Wiring {
    private final TrainingConfig config;

    Wiring(TrainingConfig config) {
        this.config = config;
    }

    @Produces
    @Singleton
    TrainingBytes bytes(ObjectStore store) {
        return new StoredTrainingBytes(store);
    }

    @Produces
    @Singleton
    PostgresTrainingJobs trainingJobTable(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresTrainingJobs(database, queue, outbox);
    }

    @Produces
    @Singleton
    TrainingJobs trainingJobs(PostgresTrainingJobs table, TrainingBytes bytes) {
        return new TrainingJobs(table, new Datasets(bytes), limits(), Clock.systemUTC());
    }

    @Produces
    @Singleton
    CheckpointClient checkpoints(@GrpcClient("checkpoint") CheckpointServiceBlockingStub checkpoints) {
        return new CheckpointClient(checkpoints, Duration.ofMillis(config.registrationMillis()));
    }

    @Produces
    @Singleton
    Worker worker(
            Database database,
            WorkQueue queue,
            Outbox outbox,
            PostgresTrainingJobs table,
            TrainingBytes bytes,
            CheckpointClient checkpoints,
            MeterRegistry meters,
            PlatformConfig platform)
            throws IOException {
        TrainingLoop loop = new TrainingLoop(
                bytes,
                checkpoints,
                new GroupLearners(new LocalLearners(), gathering()),
                new TrainingMetrics(meters),
                limits(),
                new TrainingLoop.Settings(
                        Folders.emptied(config.workDirectory()),
                        new DeviceOptions(config.threads(), config.interOpThreads()),
                        Duration.ofMillis(config.reportMillis())));
        return new Worker(
                queue,
                PostgresTrainingJobs.KIND,
                platform.work().pollMillis(),
                new TrainingWork(database, queue, outbox, table, loop));
    }

    @Produces
    @Singleton
    SeatWorkers seatWorkers(Database database, WorkQueue queue, PlatformConfig platform) {
        Follower follower = new Follower(gathering());
        return new SeatWorkers(Stream.generate(() -> new Worker(
                        queue,
                        SeatWork.KIND,
                        platform.work().pollMillis(),
                        new SeatWork(database, queue, follower::follow)))
                .limit(config.seats())
                .toList());
    }

    void start(@Observes StartupEvent event, Worker worker, SeatWorkers seats) {
        if (config.leads()) {
            worker.start();
        }
        seats.all().forEach(Worker::start);
    }

    void stop(@Disposes Worker worker) {
        worker.close();
    }

    void stop(@Disposes SeatWorkers seats) {
        seats.all().forEach(Worker::close);
    }

    private Gathering gathering() {
        return new Gathering(
                config.workerHost(),
                Duration.ofMillis(config.gatherMillis()),
                Duration.ofMillis(config.workerLimitMillis()));
    }

    private Limits limits() {
        return new Limits(
                config.mostParameters(), config.mostStepTokens(), config.mostStepLogits(), config.mostStepScores());
    }
}
