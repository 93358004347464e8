package io.maru.training;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.google.rpc.ErrorInfo;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.formats.Sha256;
import io.maru.platform.database.Database;
import io.maru.platform.event.Fact;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.platform.testkit.Facts;
import io.maru.training.v1.CancelTrainingJobRequest;
import io.maru.training.v1.CheckTrainingSpecRequest;
import io.maru.training.v1.Choice;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.DatasetShare;
import io.maru.training.v1.GetTrainingHistoryRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.HistoryPoint;
import io.maru.training.v1.ListTrainingJobsRequest;
import io.maru.training.v1.ModelSpec;
import io.maru.training.v1.PauseTrainingJobRequest;
import io.maru.training.v1.ResumeTrainingJobRequest;
import io.maru.training.v1.TrainingCompleted;
import io.maru.training.v1.TrainingDiverged;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingJob.State;
import io.maru.training.v1.TrainingMeasurement;
import io.maru.training.v1.TrainingPaused;
import io.maru.training.v1.TrainingServiceGrpc;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import io.maru.training.v1.TrainingSpec;
import io.maru.training.v1.WatchTrainingRequest;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "training"))
@QuarkusTestResource(value = NeighbourPort.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = StoreRelay.class, restrictToAnnotatedClass = true)
class TrainingServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Set<State> FINAL = EnumSet.of(State.SUCCEEDED, State.FAILED, State.CANCELLED);
    private static final String DATASET = "workspaces/default/datasets/tiny";
    private static final long ENDLESS = 1_000_000;

    @TestHTTPResource
    URI address;

    @ConfigProperty(name = NeighbourPort.PROPERTY)
    int neighbourPort;

    @StoreRelay.Away
    AtomicBoolean storeIsAway;

    @Inject
    ObjectStore store;

    @Inject
    Database database;

    @TempDir
    Path folder;

    private final String run = "workspaces/default/runs/" + UUID.randomUUID();
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
    void aDatasetBecomesCheckpoints() throws Exception {
        CreateTrainingJobRequest request = request(30);

        TrainingJob created = service.createTrainingJob(request);
        assertThat(created.getParameters()).isPositive();
        assertThat(service.createTrainingJob(request).getName()).isEqualTo(created.getName());
        List<TrainingMeasurement> watched = new ArrayList<>();
        watch(created.getName(), 0).forEachRemaining(watched::add);

        TrainingJob ended = get(created.getName());
        assertThat(ended.getState()).isEqualTo(State.SUCCEEDED);
        assertThat(ended.getStep()).isEqualTo(30);
        assertThat(ended.getLastCheckpoint()).isEqualTo(run + "/checkpoints/train-30");
        assertThat(ended.getRevision()).isGreaterThan(created.getRevision());
        assertThat(watched)
                .extracting(TrainingMeasurement::getSequence)
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(watched)
                .filteredOn(TrainingMeasurement::hasValidationLoss)
                .extracting(TrainingMeasurement::getStep)
                .containsExactly(10L, 20L, 30L);
        assertThat(checkpoints.of(run)).extracting(Checkpoint::getStep).containsExactly(30L, 24L, 12L);
        assertThat(checkpoints.of(run).get(0).getValidationLoss()).isEqualTo(ended.getValidationLoss());

        // Who watches from the last but one sees the last, and the stream ends.
        List<TrainingMeasurement> rest = new ArrayList<>();
        watch(created.getName(), watched.get(watched.size() - 2).getSequence()).forEachRemaining(rest::add);
        assertThat(rest).containsExactly(watched.get(watched.size() - 1));

        try (Facts facts = Facts.on("maru.training.v1")) {
            Fact fact = facts.await(candidate -> candidate.type().equals("maru.training.completed.v1")
                    && candidate.subject().equals(created.getName()));
            assertThat(fact.run()).isEqualTo(run);
            assertThat(TrainingCompleted.parseFrom(fact.data()).getCheckpoint()).isEqualTo(ended.getLastCheckpoint());
            assertThat(facts.all())
                    .filteredOn(candidate -> candidate.type().equals("maru.training.progressed.v1")
                            && candidate.subject().equals(created.getName()))
                    .isNotEmpty();
        }
        assertThat(http("/q/metrics").body())
                .contains("maru_training_steps_total")
                .contains("maru_training_loss")
                .contains("maru_training_tokens_per_second")
                .contains("maru_training_mfu")
                .contains("maru_training_data_wait_seconds");
        assertThat(watched).allSatisfy(measurement -> {
            assertThat(measurement.getMemoryBytes()).isGreaterThan(100L << 20);
            assertThat(measurement.getFlopsPerSecond()).isPositive();
            assertThat(measurement.getMfu()).isBetween(1e-9, 1.0);
            assertThat(measurement.getStepSeconds()).isGreaterThan(measurement.getDataWaitSeconds());
            assertThat(measurement.getDataWaitSeconds()).isPositive();
        });
        // TensorFlow alone takes more; so this was measured in a process that had it loaded.
        assertThat(ended.getPreflight().getPeakBytes()).isGreaterThan(200L << 20);
        assertThat(ended.getPreflight().getMemoryLimitBytes())
                .isGreaterThan(ended.getPreflight().getPeakBytes());
        assertThat(ended.getPreflight().getSeconds())
                .isEqualTo(30 * ended.getPreflight().getStepSeconds())
                .isPositive();
    }

    @Test
    void choosesWhatIsLeftToItOnceAndKeepsItInEveryCheckpoint() {
        CreateTrainingJobRequest.Builder open = request(30).toBuilder();
        open.getSpecBuilder()
                .setSteps(0)
                .setBatch(0)
                .setLearningRate(0)
                .clearMinLearningRate()
                .clearWarmupSteps();

        TrainingJob created = service.createTrainingJob(open.build());

        assertThat(created.getChoicesList())
                .extracting(Choice::getField)
                .containsExactly("batch", "accumulation", "steps", "warmupSteps", "learningRate", "minLearningRate");
        assertThat(created.getSpec().getBatch()).isPositive();
        assertThat(created.getSpec().getSteps()).isGreaterThan(10);
        assertThat(created.getSpec().getLearningRate()).isBetween(1e-3, 3e-3);
        assertThat(service.createTrainingJob(open.build()).getSpec()).isEqualTo(created.getSpec());
        await().atMost(PATIENCE)
                .until(() -> FINAL.contains(get(created.getName()).getState()));
        TrainingJob ended = get(created.getName());
        assertThat(ended.getState()).isEqualTo(State.SUCCEEDED);
        assertThat(ended.getChoicesList()).isEqualTo(created.getChoicesList());
        assertThat(new String(store.bytes(ended.getLastCheckpoint() + "/training_state.json", 1 << 20), UTF_8))
                .contains("\"choices\"")
                .contains(created.getChoices(0).getWhy());
    }

    @Test
    void tellsAWholeJobInFewPointsWithoutLosingASpike() {
        TrainingJob job = service.createTrainingJob(request(ENDLESS));
        service.cancelTrainingJob(
                CancelTrainingJobRequest.newBuilder().setName(job.getName()).build());
        await().atMost(PATIENCE).until(() -> get(job.getName()).getState() == State.CANCELLED);
        int rows = 100_000;
        database.run(sql -> {
            sql.update("delete from training_measurement where job = ?", job.getName());
            sql.update("""
                    insert into training_measurement
                        (job, step, loss, min_loss, max_loss, learning_rate, gradient_norm, tokens_per_second,
                         validation_loss, time)
                    select ?, 10 * step, 5 - step / 100000.0, 4.5 - step / 100000.0,
                        case step when 54321 then 1000 else 5.5 - step / 100000.0 end, 0.001, 1, step,
                        case when step % 50000 = 0 then 3 end, now()
                    from generate_series(1, ?) as step
                    order by step
                    """, job.getName(), rows);
        });

        List<HistoryPoint> points = service.getTrainingHistory(GetTrainingHistoryRequest.newBuilder()
                        .setName(job.getName())
                        .setMaxPoints(50)
                        .build())
                .getPointsList();

        assertThat(points).hasSize(50);
        assertThat(points.stream().mapToLong(HistoryPoint::getMeasurements).sum())
                .isEqualTo(rows);
        assertThat(points.stream().mapToLong(HistoryPoint::getMeasurements).summaryStatistics())
                .satisfies(sizes -> assertThat(sizes.getMax() - sizes.getMin()).isLessThanOrEqualTo(1));
        assertThat(points)
                .filteredOn(point -> point.getMaxLoss() == 1000)
                .singleElement()
                .satisfies(point -> {
                    assertThat(point.getFirstStep()).isLessThanOrEqualTo(543_210);
                    assertThat(point.getLastStep()).isGreaterThanOrEqualTo(543_210);
                });
        assertThat(points.get(0).getFirstLoss()).isEqualTo(5 - 1e-5);
        assertThat(points.get(0).getLastLoss()).isEqualTo(5 - points.get(0).getLastStep() / 1e6, within(1e-12));
        assertThat(points.get(49).getLastLoss()).isEqualTo(4);
        assertThat(points.get(49).getMinLoss()).isEqualTo(3.5);
        assertThat(points.get(49).getTokensPerSecond()).isBetween(98_000.0, 100_000.0);
        assertThat(points).filteredOn(HistoryPoint::hasValidationLoss).hasSize(2);
        assertThat(points).extracting(HistoryPoint::getFirstStep).isSorted().doesNotHaveDuplicates();
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                () -> service.getTrainingHistory(GetTrainingHistoryRequest.newBuilder()
                        .setName(job.getName())
                        .setMaxPoints(10_001)
                        .build()));
    }

    @Test
    void refusesAModelBeforeThereIsADataset() {
        CheckTrainingSpecRequest.Builder request = CheckTrainingSpecRequest.newBuilder()
                .setSpec(request(10).getSpec().toBuilder().setBatch(0).setSteps(0))
                .setVocabularySize(1024);

        assertThat(service.checkTrainingSpec(request.build()).getPreflight().getPlannedBytes())
                .isBetween(100L << 20, 1L << 30);

        request.getSpecBuilder().getModelBuilder().setBlock(60_000);
        assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_SPEC", () -> service.checkTrainingSpec(request.build()));
        request.getSpecBuilder()
                .getModelBuilder()
                .setBlock(1024)
                .setLayers(20)
                .setHeads(32)
                .setWidth(2048);
        assertRefused(Status.Code.INVALID_ARGUMENT, "JOB_TOO_LARGE", () -> service.checkTrainingSpec(request.build()));
    }

    @Test
    void aWorkerThatLostItsLeaseWritesNothingAndTheNextOneEndsWithTheSameBits() {
        TrainingJob undisturbed = service.createTrainingJob(request(60));
        await().atMost(PATIENCE)
                .until(() -> FINAL.contains(get(undisturbed.getName()).getState()));

        String disturbedRun = "workspaces/default/runs/" + UUID.randomUUID();
        CreateTrainingJobRequest request = request(60).toBuilder()
                .setRequestId(disturbedRun + "/train")
                .setRun(disturbedRun)
                .build();
        TrainingJob disturbed = service.createTrainingJob(request);
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> checkpoints.of(disturbedRun).size() == 1);
        int stolen = database.inTransaction(sql -> sql.update(
                "update work set owner = 'thief', expire_time = now() + interval '1 second' where name = ?",
                disturbed.getName()));

        await().atMost(PATIENCE)
                .until(() -> FINAL.contains(get(disturbed.getName()).getState()));

        assertThat(stolen).isOne();
        assertThat(get(disturbed.getName()).getState()).isEqualTo(State.SUCCEEDED);
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "training_state.json")) {
            assertThat(checkpoints.sha256(disturbedRun, 60, file))
                    .as(file)
                    .isEqualTo(checkpoints.sha256(run, 60, file));
        }
        assertThat(store.read(disturbedRun + "/checkpoints/train-60/model.safetensors")
                        .sha256())
                .isEqualTo(checkpoints.sha256(disturbedRun, 60, "model.safetensors"));
    }

    @Test
    void pausesGoesOnAndIsCancelled() {
        TrainingJob job = service.createTrainingJob(request(ENDLESS));
        awaitSteps(job, 1);

        service.pauseTrainingJob(
                PauseTrainingJobRequest.newBuilder().setName(job.getName()).build());
        await().atMost(PATIENCE).until(() -> get(job.getName()).getState() == State.PAUSED);
        TrainingJob paused = get(job.getName());
        assertThat(paused.getLastCheckpoint()).isEqualTo(run + "/checkpoints/train-" + paused.getStep());

        service.resumeTrainingJob(
                ResumeTrainingJobRequest.newBuilder().setName(job.getName()).build());
        awaitSteps(job, paused.getStep() + 1);
        CancelTrainingJobRequest cancel =
                CancelTrainingJobRequest.newBuilder().setName(job.getName()).build();
        service.cancelTrainingJob(cancel);
        await().atMost(PATIENCE).until(() -> get(job.getName()).getState() == State.CANCELLED);

        assertThat(service.cancelTrainingJob(cancel).getState()).isEqualTo(State.CANCELLED);
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "WRONG_STATE",
                () -> service.resumeTrainingJob(ResumeTrainingJobRequest.newBuilder()
                        .setName(job.getName())
                        .build()));
        try (Facts facts = Facts.on("maru.training.v1")) {
            facts.await(fact -> fact.type().equals("maru.training.paused.v1")
                    && fact.subject().equals(job.getName()));
            facts.await(fact -> fact.type().equals("maru.training.cancelled.v1")
                    && fact.subject().equals(job.getName()));
        }
    }

    @Test
    void failsWithReasonAndStepWhenTheNumbersRunAway() {
        TrainingJob job = service.createTrainingJob(wild(TrainingSpec.OnDivergence.FAIL));

        await().atMost(PATIENCE).until(() -> FINAL.contains(get(job.getName()).getState()));

        TrainingJob failed = get(job.getName());
        assertThat(failed.getState()).isEqualTo(State.FAILED);
        assertThat(failed.getFailureReason()).isEqualTo("TRAINING_DIVERGED");
        assertThat(failed.getFailureMessage()).startsWith("step ").contains("expected");
    }

    @Test
    void pausesWithAReasonAndNamesTheDocumentsWhenTheNumbersRunAway() throws Exception {
        TrainingJob job = service.createTrainingJob(wild(TrainingSpec.OnDivergence.PAUSE));

        await().atMost(PATIENCE).until(() -> get(job.getName()).getState() == State.PAUSED);

        TrainingJob paused = get(job.getName());
        assertThat(paused.getPauseReason()).startsWith("step ").contains("expected");
        assertThat(paused.getSpec().getOnDivergence()).isEqualTo(TrainingSpec.OnDivergence.PAUSE);
        try (Facts facts = Facts.on("maru.training.v1")) {
            TrainingDiverged told =
                    TrainingDiverged.parseFrom(facts.await(fact -> fact.type().equals("maru.training.diverged.v1")
                                    && fact.subject().equals(job.getName()))
                            .data());
            assertThat(told.getRun()).isEqualTo(run);
            assertThat(told.getAction()).isEqualTo(TrainingDiverged.Action.PAUSED);
            assertThat(told.getMessage()).isEqualTo(paused.getPauseReason());
            assertThat(told.getDocumentsList()).hasSize(4).allSatisfy(passage -> assertThat(passage.getShard())
                    .startsWith(DATASET + "/shards/train-"));
            assertThat(TrainingPaused.parseFrom(facts.await(fact -> fact.type().equals("maru.training.paused.v1")
                                            && fact.subject().equals(job.getName()))
                                    .data())
                            .getReason())
                    .isEqualTo(paused.getPauseReason());
        }

        service.resumeTrainingJob(
                ResumeTrainingJobRequest.newBuilder().setName(job.getName()).build());
        await().atMost(PATIENCE)
                .until(() -> get(job.getName()).getState() == State.PAUSED
                        && get(job.getName()).getRevision() > paused.getRevision());
        assertThat(get(job.getName()).getPauseReason()).isEqualTo(paused.getPauseReason());
        service.cancelTrainingJob(
                CancelTrainingJobRequest.newBuilder().setName(job.getName()).build());
        assertThat(get(job.getName()).getState()).isEqualTo(State.CANCELLED);
        assertThat(get(job.getName()).getPauseReason()).isEmpty();
    }

    @Test
    void keepsTheNewestCheckpointAndTheBestAndKnowsIt() {
        CreateTrainingJobRequest.Builder request = request(30).toBuilder();
        // Nothing is learned, so the first validation is the best.
        request.getSpecBuilder()
                .setLearningRate(1e-30)
                .setMinLearningRate(1e-30)
                .setWeightDecay(0)
                .setKeepCheckpoints(1);
        TrainingJob job = service.createTrainingJob(request.build());

        await().atMost(PATIENCE).until(() -> FINAL.contains(get(job.getName()).getState()));

        TrainingJob ended = get(job.getName());
        assertThat(ended.getState()).isEqualTo(State.SUCCEEDED);
        assertThat(ended.getBestCheckpoint()).isEqualTo(run + "/checkpoints/train-10");
        assertThat(ended.getBestValidationLoss()).isEqualTo(ended.getValidationLoss());
        assertThat(checkpoints.of(run)).extracting(Checkpoint::getStep).containsExactly(30L, 10L);
    }

    @Test
    void stopsAtAShardThatRottedAndNamesItsDigest() throws Exception {
        TinyDataset dataset = TinyDataset.of("workspaces/default/datasets/rotten", folder, run);
        dataset.objects().forEach(store::put);
        String key = "workspaces/default/datasets/rotten/shards/train-00001";
        byte[] shard = dataset.objects().get(key);
        String expected = Sha256.of(shard);
        shard[shard.length / 2] ^= 1;
        store.put(key, shard);
        TrainingJob job = service.createTrainingJob(
                request(30).toBuilder().setDataset(dataset.name()).build());

        await().atMost(PATIENCE).until(() -> FINAL.contains(get(job.getName()).getState()));

        TrainingJob failed = get(job.getName());
        assertThat(failed.getState()).isEqualTo(State.FAILED);
        assertThat(failed.getFailureReason()).isEqualTo("OBJECT_CORRUPT");
        assertThat(failed.getFailureMessage())
                .isEqualTo("%s: sha256 is %s (expected: %s)", key, Sha256.of(shard), expected);
        assertThat(checkpoints.of(run)).isEmpty();
    }

    @Test
    void aMixTakesEveryDatasetThatIsThere() throws Exception {
        TinyDataset other = TinyDataset.of("workspaces/default/datasets/other", folder, "");
        other.objects().forEach(store::put);
        CreateTrainingJobRequest.Builder mixed = request(30).toBuilder();
        mixed.getSpecBuilder()
                .addMix(DatasetShare.newBuilder()
                        .setDataset("workspaces/default/datasets/other")
                        .setWeight(0.5));
        TrainingJob job = service.createTrainingJob(mixed.build());
        assertThat(job.getSpec().getMixList()).isEqualTo(mixed.getSpec().getMixList());
        await().atMost(PATIENCE).until(() -> get(job.getName()).getState() == State.SUCCEEDED);

        CreateTrainingJobRequest.Builder malformed = mixed.clone().setRequestId(run + "/malformed");
        malformed.getSpecBuilder().setBeta1(2).getMixBuilder(0).setDataset("workspaces/x");
        assertThatThrownBy(() -> service.createTrainingJob(malformed.build()))
                .hasMessageContaining("beta1: 2 (expected: ")
                .hasMessageContaining("mix[0].dataset: \"workspaces/x\" (expected: datasets/{dataset})");

        CreateTrainingJobRequest.Builder missing = mixed.clone().setRequestId(run + "/other");
        missing.getSpecBuilder().getMixBuilder(0).setDataset("workspaces/default/datasets/none");
        assertRefused(Status.Code.NOT_FOUND, "DATASET_NOT_FOUND", () -> service.createTrainingJob(missing.build()));
    }

    @Test
    void waitsForAnObjectStoreThatIsAwayAndLosesNothing() throws Exception {
        CreateTrainingJobRequest.Builder request = request(1_000).toBuilder();
        request.getSpecBuilder().setCheckpointEvery(50);
        TrainingJob undisturbed = service.createTrainingJob(request.build());
        await().atMost(PATIENCE).until(() -> get(undisturbed.getName()).getState() == State.SUCCEEDED);

        String disturbedRun = "workspaces/default/runs/" + UUID.randomUUID();
        TrainingJob job = service.createTrainingJob(
                request.setRequestId(disturbedRun).setRun(disturbedRun).build());
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> !checkpoints.of(disturbedRun).isEmpty());
        storeIsAway.set(true);
        try {
            await().atMost(PATIENCE).until(() -> http("/q/health/ready").statusCode() == 503);
            // One checkpoint is on its way, and training stands where the next one is due.
            await().atMost(PATIENCE)
                    .until(() -> get(job.getName()).getStep()
                            == 50L * (checkpoints.of(disturbedRun).size() + 2));
            assertThat(get(job.getName()).getState()).isEqualTo(State.RUNNING);
        } finally {
            storeIsAway.set(false);
        }

        await().atMost(PATIENCE).until(() -> get(job.getName()).getState() == State.SUCCEEDED);
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "training_state.json")) {
            assertThat(checkpoints.sha256(disturbedRun, 1_000, file))
                    .as(file)
                    .isEqualTo(checkpoints.sha256(run, 1_000, file));
        }
    }

    private CreateTrainingJobRequest wild(TrainingSpec.OnDivergence onDivergence) {
        CreateTrainingJobRequest.Builder request = request(200).toBuilder();
        request.getSpecBuilder()
                .setLearningRate(10)
                .setMinLearningRate(10)
                .setWarmupSteps(0)
                .setWeightDecay(10)
                .setGradientClip(0)
                .setOnDivergence(onDivergence);
        return request.build();
    }

    @Test
    void refusesBeforeAnythingIsQueued() {
        int before = work();

        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SPEC",
                () -> service.createTrainingJob(request(10).toBuilder()
                        .setSpec(request(10).getSpec().toBuilder()
                                .setModel(request(10).getSpec().getModel().toBuilder()
                                        .setHeads(3)))
                        .build()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "DATASET_NOT_FOUND",
                () -> service.createTrainingJob(request(10).toBuilder()
                        .setDataset("workspaces/default/datasets/none")
                        .build()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                () -> service.createTrainingJob(
                        request(10).toBuilder().setRecipe("x".repeat(70_000)).build()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                () -> service.createTrainingJob(
                        request(10).toBuilder().setRun("runs/../x").build()));
        assertRefused(Status.Code.NOT_FOUND, "TRAINING_JOB_NOT_FOUND", () -> watch("trainingJobs/none", 0)
                .hasNext());
        assertThat(work()).isEqualTo(before);
    }

    @Test
    void letsOneJobAtATimeWriteARunsCheckpoints() {
        CreateTrainingJobRequest request = request(ENDLESS);
        TrainingJob first = service.createTrainingJob(request);

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "RUN_IN_USE",
                () -> service.createTrainingJob(
                        request.toBuilder().setRequestId("other").build()));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> service.createTrainingJob(
                        request.toBuilder().setRecipe("other").build()));
        service.cancelTrainingJob(
                CancelTrainingJobRequest.newBuilder().setName(first.getName()).build());
        await().atMost(PATIENCE).until(() -> get(first.getName()).getState() == State.CANCELLED);
        assertThat(service.listTrainingJobs(ListTrainingJobsRequest.newBuilder()
                                .setPageSize(1)
                                .build())
                        .getTrainingJobs(0)
                        .getName())
                .isEqualTo(first.getName());
    }

    @Test
    void aWorkspaceSeesNothingOfAnother() throws Exception {
        TinyDataset.of("workspaces/other/datasets/tiny", folder).objects().forEach(store::put);
        String theirRun = run.replace("/default/", "/other/");
        CreateTrainingJobRequest.Builder request = request(10).toBuilder()
                .setRun(run.substring("workspaces/default/".length()))
                .setDataset("datasets/tiny");
        TrainingJob ours = service.createTrainingJob(request.build());
        TrainingServiceBlockingStub others = service.withInterceptors(as("other"));

        // The same request id, the same short names: another caller's are others.
        TrainingJob theirs = others.createTrainingJob(request.build());

        assertThat(theirs.getName())
                .startsWith("workspaces/other/trainingJobs/")
                .isNotEqualTo(ours.getName());
        assertThat(theirs.getRun()).isEqualTo(theirRun);
        assertThat(others.listTrainingJobs(ListTrainingJobsRequest.getDefaultInstance())
                        .getTrainingJobsList())
                .extracting(TrainingJob::getName)
                .containsExactly(theirs.getName());
        assertRefused(
                Status.Code.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                () -> others.getTrainingJob(GetTrainingJobRequest.newBuilder()
                        .setName(ours.getName())
                        .build()));
        await().atMost(PATIENCE)
                .until(() -> others.getTrainingJob(GetTrainingJobRequest.newBuilder()
                                        .setName(theirs.getName())
                                        .build())
                                .getState()
                        == State.SUCCEEDED);
        // What a worker asks of its neighbour is asked in the name of the job's workspace.
        assertThat(checkpoints.of(theirRun)).isNotEmpty();
        assertThat(checkpoints.workspaces).contains("other");
    }

    private static ClientInterceptor as(String workspace) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), workspace);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    @Test
    void isNotReadyWhileTheCheckpointServiceIsDown() throws Exception {
        assertThat(http("/q/health/ready").statusCode()).isEqualTo(200);

        checkpoints.close();

        HttpResponse<String> health = http("/q/health/ready");
        assertThat(health.statusCode()).isEqualTo(503);
        assertThat(health.body()).contains("checkpoint service");
        checkpoints = new FakeCheckpoints(neighbourPort);
        await().atMost(PATIENCE).until(() -> http("/q/health/ready").statusCode() == 200);
    }

    private CreateTrainingJobRequest request(long steps) {
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
                        .setSteps(steps)
                        .setBatch(4)
                        .setLearningRate(1e-2)
                        .setMinLearningRate(1e-3)
                        .setWarmupSteps(4)
                        .setWeightDecay(0.1)
                        .setBeta1(0.9)
                        .setBeta2(0.95)
                        .setGradientClip(1)
                        .setSeed(42)
                        .setValidateEvery(steps == ENDLESS ? ENDLESS : 10)
                        .setValidationBatches(2)
                        .setCheckpointEvery(steps == ENDLESS ? ENDLESS : 12))
                .setRecipe("name: tiny")
                .build();
    }

    private TrainingJob get(String name) {
        return service.getTrainingJob(
                GetTrainingJobRequest.newBuilder().setName(name).build());
    }

    private java.util.Iterator<TrainingMeasurement> watch(String name, long after) {
        return service.withDeadlineAfter(60, TimeUnit.SECONDS)
                .watchTraining(WatchTrainingRequest.newBuilder()
                        .setName(name)
                        .setAfterSequence(after)
                        .build());
    }

    private void awaitSteps(TrainingJob job, long steps) {
        await().atMost(PATIENCE).until(() -> get(job.getName()).getStep() >= steps);
    }

    private int work() {
        return database.inTransaction(sql -> sql.list("select 1 from work", row -> 1))
                .size();
    }

    private HttpResponse<String> http(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static void assertRefused(Status.Code code, String reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(StatusRuntimeException.class, error -> {
                    assertThat(error.getStatus().getCode()).isEqualTo(code);
                    assertThat(StatusProto.fromThrowable(error).getDetailsList())
                            .filteredOn(detail -> detail.is(ErrorInfo.class))
                            .singleElement()
                            .satisfies(detail -> assertThat(
                                            detail.unpack(ErrorInfo.class).getReason())
                                    .isEqualTo(reason));
                })
                .hasMessageContaining("expected");
    }
}
