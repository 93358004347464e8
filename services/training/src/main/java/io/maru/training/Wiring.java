package io.maru.training;

import com.sun.management.OperatingSystemMXBean;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.model.device.DeviceMemory;
import io.maru.model.device.DeviceOptions;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.file.Folders;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.training.app.Datasets;
import io.maru.training.app.InitialWeightsReader;
import io.maru.training.app.LocalLearners;
import io.maru.training.app.Rendezvous;
import io.maru.training.app.TextTraces;
import io.maru.training.app.TrainingBytes;
import io.maru.training.app.TrainingJobs;
import io.maru.training.app.TrainingLoop;
import io.maru.training.app.Trial;
import io.maru.training.client.CheckpointClient;
import io.maru.training.domain.Limits;
import io.maru.training.store.LeasedJob;
import io.maru.training.store.LeasedSeat;
import io.maru.training.store.PostgresTrainingJobs;
import io.maru.training.store.StoredTrainingBytes;
import io.maru.training.work.SeatWork;
import io.maru.training.work.TrainingWork;
import io.maru.training.work.process.Follower;
import io.maru.training.work.process.GroupLearners;
import io.maru.training.work.process.TrialProcess;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Makes the object graph. */
@ApplicationScoped
class Wiring {
    /** There only with the driver; without it, TensorFlow need not be loaded to see that there is no GPU. */
    private static final Path NVIDIA = Path.of("/dev/nvidiactl");

    private final TrainingConfig config;
    private final DeviceOptions device;
    private final OptionalLong gpuMemory;
    private final long memory;

    Wiring(TrainingConfig config) {
        this.config = config;
        this.device = new DeviceOptions(config.threads(), config.interOpThreads());
        this.gpuMemory = Files.exists(NVIDIA) ? DeviceMemory.ofGpus(device) : OptionalLong.empty();
        this.memory = config.memoryBytes() == 0 ? memoryThereIs() : config.memoryBytes();
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
    TrainingJobs trainingJobs(PostgresTrainingJobs table, TrainingBytes bytes, CheckpointClient checkpoints) {
        return new TrainingJobs(
                table, new Datasets(bytes), new InitialWeightsReader(checkpoints, bytes), limits(), Clock.systemUTC());
    }

    @Produces
    @Singleton
    TextTraces textTraces(PostgresTrainingJobs table, TrainingBytes bytes) {
        return new TextTraces(table, new Datasets(bytes), bytes);
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
                new Trial(
                        TrialProcess::start,
                        new Trial.Settings(
                                memory,
                                Duration.ofSeconds(config.trialSeconds()),
                                Duration.ofMillis(config.reportMillis()))),
                new GroupLearners(new LocalLearners(), rendezvous()),
                new TrainingMeters(meters),
                limits(),
                new TrainingLoop.Settings(
                        Folders.emptied(config.workDirectory()), device, Duration.ofMillis(config.reportMillis())));
        return new Worker(
                queue,
                PostgresTrainingJobs.KIND,
                platform.work().pollMillis(),
                new TrainingWork(claim -> new LeasedJob(claim, database, queue, outbox, table), loop));
    }

    @Produces
    @Singleton
    SeatWorkers seatWorkers(Database database, WorkQueue queue, PlatformConfig platform) {
        Follower follower = new Follower(rendezvous());
        return new SeatWorkers(Stream.generate(() -> new Worker(
                        queue,
                        PostgresTrainingJobs.SEAT_KIND,
                        platform.work().pollMillis(),
                        new SeatWork(claim -> new LeasedSeat(claim, database, queue), follower::follow)))
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

    private Rendezvous rendezvous() {
        return new Rendezvous(
                config.workerHost(),
                Duration.ofMillis(config.rendezvousMillis()),
                Duration.ofMillis(config.workerLimitMillis()));
    }

    private Limits limits() {
        return new Limits(
                config.maxParameters(),
                config.maxStepTokens(),
                config.maxStepLogits(),
                config.maxStepScores(),
                memory,
                gpuMemory.isPresent() && config.memoryBytes() == 0);
    }

    /** Of a GPU, where there is one; otherwise the container's, or the machine's. */
    private long memoryThereIs() {
        return gpuMemory.orElseGet(() ->
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
    }
}
