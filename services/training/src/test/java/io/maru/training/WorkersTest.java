package io.maru.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.maru.platform.database.Database;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.training.v1.CancelTrainingJobRequest;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.ModelSpec;
import io.maru.training.v1.PauseTrainingJobRequest;
import io.maru.training.v1.ResumeTrainingJobRequest;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingJob.State;
import io.maru.training.v1.TrainingServiceGrpc;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import io.maru.training.v1.TrainingSpec;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of two workers, which one service has: it leads the job, and has a seat in it. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "training"))
@QuarkusTestResource(value = NeighbourPort.class, restrictToAnnotatedClass = true)
class WorkersTest {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final String DATASET = "workspaces/default/datasets/tiny";
    private static final long STEPS = 300;
    private static final long CHECKPOINT_EVERY = 60;

    @TestHTTPResource
    URI address;

    @ConfigProperty(name = NeighbourPort.PROPERTY)
    int neighbourPort;

    @Inject
    ObjectStore store;

    @Inject
    Database database;

    @TempDir
    Path folder;

    private FakeCheckpoints checkpoints;
    private ManagedChannel channel;
    private TrainingServiceBlockingStub service;

    @BeforeEach
    void start() throws IOException {
        store.createBucketIfAbsent();
        TinyDataset.of(DATASET, folder).objects().forEach(store::put);
        checkpoints = new FakeCheckpoints(neighbourPort);
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", address.getPort())
                .usePlaintext()
                .build();
        service = TrainingServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        checkpoints.close();
    }

    @Test
    void endWithTheSameBitsWhoeverIsKilledOrStandsStill() throws Exception {
        TrainingJob alone = end(service.createTrainingJob(request(1)));
        TrainingJob undisturbed = end(service.createTrainingJob(request(2)));
        assertThat(undisturbed.getValidationLoss()).isCloseTo(alone.getValidationLoss(), within(1e-3));
        await().atMost(PATIENCE).until(() -> trainer(0).isEmpty() && trainer(1).isEmpty());

        TrainingJob disturbed = service.createTrainingJob(request(2));
        await().atMost(PATIENCE).until(() -> !checkpoints.of(disturbed.getRun()).isEmpty());
        trainer(1).orElseThrow().destroyForcibly();
        long first = awaitNextCheckpoint(disturbed);
        trainer(0).orElseThrow().destroyForcibly();
        long second = awaitNextCheckpoint(disturbed);
        ProcessHandle frozen = trainer(1).orElseThrow();
        signal(frozen, "STOP");

        TrainingJob ended = end(disturbed);
        assertThat(first).isLessThan(second);
        assertThat(second).isLessThan(STEPS);
        assertThat(ended.getInexact()).isEmpty();
        await().atMost(PATIENCE).until(() -> !frozen.isAlive());
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "training_state.json")) {
            assertThat(checkpoints.sha256(ended.getRun(), STEPS, file))
                    .as(file)
                    .isEqualTo(checkpoints.sha256(undisturbed.getRun(), STEPS, file));
        }
        assertThat(rows("training_seat")).isZero();
        await().atMost(PATIENCE).until(() -> rows("work") == 0);
    }

    @Test
    void arePausedGoOnAloneAndAreCancelled() {
        CreateTrainingJobRequest.Builder endless = request(2).toBuilder();
        endless.getSpecBuilder().setSteps(1_000_000).setCheckpointEvery(1_000_000);
        TrainingJob job = service.createTrainingJob(endless.build());
        await().atMost(PATIENCE).until(() -> get(job).getStep() >= 1);
        assertThat(trainer(0)).isPresent();
        assertThat(trainer(1)).isPresent();

        service.pauseTrainingJob(
                PauseTrainingJobRequest.newBuilder().setName(job.getName()).build());
        await().atMost(PATIENCE).until(() -> get(job).getState() == State.PAUSED);
        await().atMost(PATIENCE).until(() -> trainer(0).isEmpty() && trainer(1).isEmpty());
        long paused = get(job).getStep();

        service.resumeTrainingJob(
                ResumeTrainingJobRequest.newBuilder().setName(job.getName()).build());
        await().atMost(PATIENCE).until(() -> get(job).getStep() > paused);
        service.cancelTrainingJob(
                CancelTrainingJobRequest.newBuilder().setName(job.getName()).build());
        await().atMost(PATIENCE).until(() -> get(job).getState() == State.CANCELLED);
        await().atMost(PATIENCE).until(() -> trainer(0).isEmpty() && trainer(1).isEmpty());
    }

    /** The step of a checkpoint that was written after now. */
    private long awaitNextCheckpoint(TrainingJob job) {
        int before = checkpoints.of(job.getRun()).size();
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> checkpoints.of(job.getRun()).size() > before);
        return checkpoints.of(job.getRun()).get(0).getStep();
    }

    /** The trainer process of a rank, if there is one. */
    private static Optional<ProcessHandle> trainer(int rank) {
        return ProcessHandle.current()
                .children()
                .filter(child -> command(child).endsWith("TrainerMain rank " + rank + " "))
                .findFirst();
    }

    /** From the system itself: Java does not tell that of one with a long class path. Empty where the process is gone. */
    private static String command(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                    .replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }

    private static void signal(ProcessHandle process, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private TrainingJob end(TrainingJob job) {
        await().atMost(PATIENCE)
                .until(() -> List.of(State.SUCCEEDED, State.FAILED).contains(get(job).getState()));
        TrainingJob ended = get(job);
        assertThat(ended.getState()).as(ended.getFailureMessage()).isEqualTo(State.SUCCEEDED);
        return ended;
    }

    private TrainingJob get(TrainingJob job) {
        return service.getTrainingJob(
                GetTrainingJobRequest.newBuilder().setName(job.getName()).build());
    }

    private int rows(String table) {
        return database.inTransaction(sql -> sql.list("select 1 from " + table, row -> 1))
                .size();
    }

    private static CreateTrainingJobRequest request(int workers) {
        String run = "workspaces/default/runs/" + UUID.randomUUID();
        return CreateTrainingJobRequest.newBuilder()
                .setRequestId(run + "/train")
                .setRun(run)
                .setDataset(DATASET)
                .setSpec(TrainingSpec.newBuilder()
                        .setModel(ModelSpec.newBuilder()
                                .setLayers(1)
                                .setHeads(2)
                                .setWidth(16)
                                .setBlock(8))
                        .setSteps(STEPS)
                        .setBatch(4)
                        .setLearningRate(1e-2)
                        .setMinLearningRate(1e-3)
                        .setWarmupSteps(4)
                        .setWeightDecay(0.1)
                        .setBeta1(0.9)
                        .setBeta2(0.95)
                        .setGradientClip(1)
                        .setSeed(42)
                        .setValidateEvery(50)
                        .setValidationBatches(2)
                        .setCheckpointEvery(CHECKPOINT_EVERY)
                        .setWorkers(workers))
                .setRecipe("name: tiny")
                .build();
    }
}
