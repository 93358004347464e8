package io.maru.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointDeleted;
import io.maru.checkpoint.v1.CheckpointRegistered;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.DeleteCheckpointRequest;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.ListModelVersionsRequest;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.checkpoint.v1.RegisterCheckpointRequest;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.checkpoint.v1.VerifyCheckpointRequest;
import io.maru.formats.DType;
import io.maru.formats.Manifest;
import io.maru.formats.SafetensorsWriter;
import io.maru.platform.database.Database;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.event.Fact;
import io.maru.platform.name.ResourceName;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import io.maru.platform.testkit.Facts;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@QuarkusTest
class CheckpointServiceTest {
    @TestHTTPResource
    URI address;

    @Inject
    ObjectStore store;

    @Inject
    Database database;

    @TempDir
    Path folder;

    private ManagedChannel channel;
    private CheckpointServiceBlockingStub service;
    private final String run = "workspaces/default/runs/" + UUID.randomUUID();

    @BeforeEach
    void connect() {
        store.createBucketIfAbsent();
        channel = ManagedChannelBuilder.forAddress(address.getHost(), address.getPort())
                .usePlaintext()
                .build();
        service = CheckpointServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Test
    void registersReadsBackAndTells() throws Exception {
        RegisterCheckpointRequest request = trained(500);

        Checkpoint registered = service.registerCheckpoint(request);

        assertThat(registered.getName()).isEqualTo(run + "/checkpoints/train-500");
        assertThat(registered.getState()).isEqualTo(Checkpoint.State.ACTIVE);
        assertThat(registered.getValidationLoss()).isEqualTo(2.25);
        assertThat(service.getCheckpoint(GetCheckpointRequest.newBuilder()
                        .setName(registered.getName())
                        .build()))
                .isEqualTo(registered);
        assertThat(service.registerCheckpoint(request)).isEqualTo(registered);
        Manifest manifest = Manifest.fromJson(store.bytes(registered.getName() + "/manifest.json", Manifest.MAX_BYTES));
        assertThat(manifest.kind()).isEqualTo("checkpoint");
        assertThat(manifest.digest()).isEqualTo(registered.getManifestSha256());
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            Fact fact = facts.await(candidate -> candidate.subject().equals(registered.getName()));
            assertThat(fact.type()).isEqualTo("maru.checkpoint.registered.v1");
            assertThat(fact.run()).isEqualTo(run);
            assertThat(CheckpointRegistered.parseFrom(fact.data()).getManifestSha256())
                    .isEqualTo(registered.getManifestSha256());
        }
    }

    @Test
    void refusesBytesThatAreNotWhatTheyAreSaidToBe() throws Exception {
        RegisterCheckpointRequest request = trained(500);
        store.put(run + "/checkpoints/train-500/config.json", "{\"n_layer\":5}".getBytes(UTF_8));

        assertRefused(Status.Code.DATA_LOSS, "FILE_CORRUPT", () -> service.registerCheckpoint(request));
        assertRefused(
                Status.Code.NOT_FOUND,
                "CHECKPOINT_NOT_FOUND",
                () -> service.getCheckpoint(GetCheckpointRequest.newBuilder()
                        .setName(run + "/checkpoints/train-500")
                        .build()));
    }

    /** The store has a digest of these, and the right one. */
    @Test
    void refusesTensorsOfAnotherCheckpoint() throws Exception {
        RegisterCheckpointRequest request = trained(500);
        Path other = folder.resolve("other");
        try (SafetensorsWriter writer = SafetensorsWriter.create(other)) {
            writer.declare("weight", DType.F32, 2, 3).write("weight", new float[] {6, 5, 4, 3, 2, 1});
            writer.seal();
        }
        store.put(run + "/checkpoints/train-500/model.safetensors", other);

        assertRefused(Status.Code.DATA_LOSS, "FILE_CORRUPT", () -> service.registerCheckpoint(request));
    }

    @Test
    void refusesTornTensorsAtEveryBoundary() throws Exception {
        RegisterCheckpointRequest request = trained(500);
        byte[] whole = store.bytes(run + "/checkpoints/train-500/model.safetensors", 1 << 20);
        for (int length : new int[] {0, 7, 8, 20, whole.length - 4, whole.length - 1}) {
            Path cut = Files.write(folder.resolve("torn"), Arrays.copyOf(whole, length));
            StoredObject torn = store.put(run + "/checkpoints/train-500/model.safetensors", cut);
            RegisterCheckpointRequest.Builder tornRequest = request.toBuilder();
            tornRequest.getFilesBuilderList().stream()
                    .filter(file -> file.getFileName().equals("model.safetensors"))
                    .forEach(file -> file.setSize(torn.size()).setSha256(torn.sha256()));

            assertRefused(Status.Code.DATA_LOSS, "FILE_CORRUPT", () -> service.registerCheckpoint(tornRequest.build()));
        }
    }

    @Test
    void refusesNamesAndNumbersThatAreNone() throws Exception {
        RegisterCheckpointRequest good = trained(500);

        for (RegisterCheckpointRequest bad : List.of(
                good.toBuilder().setRequestId("").build(),
                good.toBuilder().setRun("runs/../x").build(),
                good.toBuilder().setStep(-1).build(),
                good.toBuilder().setDataset("").build(),
                good.toBuilder().setTraining("Train").build(),
                good.toBuilder().setTokenizer("datasets/a").build(),
                good.toBuilder().setValidationLoss(Double.NaN).build(),
                good.toBuilder().clearFiles().build(),
                good.toBuilder()
                        .addFiles(StoredFile.newBuilder().setFileName("../secret"))
                        .build(),
                good.toBuilder().addFiles(good.getFiles(0)).build(),
                good.toBuilder()
                        .setFiles(0, good.getFiles(0).toBuilder().setSize(-1))
                        .build(),
                good.toBuilder()
                        .setFiles(0, good.getFiles(0).toBuilder().setSha256("E3"))
                        .build())) {
            assertThatThrownBy(() -> service.registerCheckpoint(bad))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            error -> assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
                    .hasMessageContaining("expected");
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                () -> service.getCheckpoint(GetCheckpointRequest.newBuilder()
                        .setName(run + "/checkpoints/train-007")
                        .build()));
    }

    @Test
    void listsTheHighestStepFirstInPages() throws Exception {
        for (long step : new long[] {100, 300, 200}) {
            service.registerCheckpoint(trained(step));
        }
        ListCheckpointsRequest first =
                ListCheckpointsRequest.newBuilder().setRun(run).setPageSize(2).build();

        ListCheckpointsResponse page = service.listCheckpoints(first);
        ListCheckpointsResponse rest = service.listCheckpoints(
                first.toBuilder().setPageToken(page.getNextPageToken()).build());

        assertThat(page.getCheckpointsList()).extracting(Checkpoint::getStep).containsExactly(300L, 200L);
        assertThat(rest.getCheckpointsList()).extracting(Checkpoint::getStep).containsExactly(100L);
        assertThat(rest.getNextPageToken()).isEmpty();
    }

    @Test
    void listsOneTrainingAfterTheOther() throws Exception {
        for (String training : List.of("second", "first")) {
            for (long step : new long[] {100, 200}) {
                service.registerCheckpoint(trained(training, step));
            }
        }
        ListCheckpointsRequest all =
                ListCheckpointsRequest.newBuilder().setRun(run).setPageSize(3).build();

        ListCheckpointsResponse page = service.listCheckpoints(all);
        ListCheckpointsResponse rest = service.listCheckpoints(
                all.toBuilder().setPageToken(page.getNextPageToken()).build());

        assertThat(page.getCheckpointsList())
                .extracting(Checkpoint::getName)
                .containsExactly(
                        run + "/checkpoints/first-200",
                        run + "/checkpoints/first-100",
                        run + "/checkpoints/second-200");
        assertThat(rest.getCheckpointsList())
                .extracting(Checkpoint::getName)
                .containsExactly(run + "/checkpoints/second-100");
        assertThat(service.listCheckpoints(all.toBuilder().setTraining("second").build())
                        .getCheckpointsList())
                .extracting(Checkpoint::getTraining)
                .containsExactly("second", "second");
    }

    @Test
    void nothingOfAnotherWorkspaceIsSeen() throws Exception {
        RegisterCheckpointRequest request = trained(500);
        Checkpoint checkpoint = service.registerCheckpoint(request);
        ModelVersion version = service.promoteCheckpoint(promotion(checkpoint, modelId()));
        CheckpointServiceBlockingStub other = in("other");

        for (String name : List.of(checkpoint.getName(), run + "/checkpoints/train-1")) {
            assertRefused(
                    Status.Code.PERMISSION_DENIED,
                    "PERMISSION_DENIED",
                    () -> other.getCheckpoint(
                            GetCheckpointRequest.newBuilder().setName(name).build()));
        }
        assertRefused(
                Status.Code.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                () -> other.promoteCheckpoint(promotion(checkpoint, modelId())));
        // A short name means the caller's own.
        assertRefused(
                Status.Code.NOT_FOUND,
                "MODEL_VERSION_NOT_FOUND",
                () -> other.getModelVersion(GetModelVersionRequest.newBuilder()
                        .setName(ResourceName.relative(version.getModel()))
                        .build()));
        assertThat(other.listModelVersions(ListModelVersionsRequest.getDefaultInstance())
                        .getModelVersionsList())
                .isEmpty();
        assertThat(service.listModelVersions(ListModelVersionsRequest.getDefaultInstance())
                        .getModelVersionsList())
                .contains(version);
        // Neither a request id nor a run's id of one workspace is taken in another.
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "FILE_MISSING",
                () -> other.registerCheckpoint(
                        request.toBuilder().setRun(ResourceName.relative(run)).build()));
    }

    @Test
    void findsRotAndNeverPromotesIt() throws Exception {
        Checkpoint registered = service.registerCheckpoint(trained(500));
        VerifyCheckpointRequest verify = VerifyCheckpointRequest.newBuilder()
                .setName(registered.getName())
                .build();
        assertThat(service.verifyCheckpoint(verify).getState()).isEqualTo(Checkpoint.State.ACTIVE);

        store.put(registered.getName() + "/tokenizer.json", "rot".getBytes(UTF_8));

        assertThat(service.verifyCheckpoint(verify).getState()).isEqualTo(Checkpoint.State.CORRUPT);
        assertRefused(
                Status.Code.DATA_LOSS,
                "CHECKPOINT_CORRUPT",
                () -> service.promoteCheckpoint(promotion(registered, modelId())));
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            facts.await(fact -> fact.type().equals("maru.checkpoint.corrupted.v1")
                    && fact.subject().equals(registered.getName()));
        }
    }

    @Test
    void findsRotWithoutBeingAskedTo() throws Exception {
        Checkpoint registered = service.registerCheckpoint(trained(500));
        store.put(registered.getName() + "/optimizer.safetensors", "rot".getBytes(UTF_8));

        database.run(sql -> sql.update(
                "update checkpoint set verify_time = now() - interval '8 days' where name = ?", registered.getName()));

        await().atMost(Duration.ofSeconds(30))
                .until(() -> service.getCheckpoint(GetCheckpointRequest.newBuilder()
                                        .setName(registered.getName())
                                        .build())
                                .getState()
                        == Checkpoint.State.CORRUPT);
    }

    @Test
    void deletesOnceTellsOfItAndLeavesNoObject() throws Exception {
        Checkpoint registered = service.registerCheckpoint(trained(500));
        ModelVersion version = service.promoteCheckpoint(promotion(registered, modelId()));
        DeleteCheckpointRequest delete = DeleteCheckpointRequest.newBuilder()
                .setName(registered.getName())
                .build();

        assertThat(service.deleteCheckpoint(delete).getState()).isEqualTo(Checkpoint.State.DELETED);
        assertThat(service.deleteCheckpoint(delete).getState()).isEqualTo(Checkpoint.State.DELETED);

        await().atMost(Duration.ofSeconds(30))
                .until(() -> store.list(registered.getName() + "/").isEmpty());
        assertThat(service.listCheckpoints(
                                ListCheckpointsRequest.newBuilder().setRun(run).build())
                        .getCheckpointsList())
                .isEmpty();
        assertThat(store.list(version.getName() + "/")).hasSize(6);
        assertRefused(
                Status.Code.NOT_FOUND,
                "CHECKPOINT_NOT_FOUND",
                () -> service.promoteCheckpoint(promotion(registered, modelId())));
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            Fact fact = facts.await(candidate -> candidate.type().equals("maru.checkpoint.deleted.v1")
                    && candidate.subject().equals(registered.getName()));
            assertThat(CheckpointDeleted.parseFrom(fact.data()).getStep()).isEqualTo(500);
        }

        Checkpoint again = service.registerCheckpoint(trained(500));
        assertThat(again.getState()).isEqualTo(Checkpoint.State.ACTIVE);
        assertThat(store.list(again.getName() + "/")).hasSize(8);
    }

    /** As where the service was killed after the row said so: the removal is work that is there. */
    @Test
    void removesTheFilesOfADeletionThatWasCutOff() throws Exception {
        Checkpoint registered = service.registerCheckpoint(trained(500));
        database.run(sql -> {
            sql.update("update checkpoint set state = 'DELETED' where name = ?", registered.getName());
            sql.update("""
                    insert into work (name, kind, workspace, priority, traceparent, owner, expire_time, attempts)
                    values (?, 'checkpoint-removal', 'default', 0, '', 'killed', now() + interval '200 milliseconds', 1)
                    """, registered.getName());
        });

        await().atMost(Duration.ofSeconds(30))
                .until(() -> store.list(registered.getName() + "/").isEmpty());
    }

    @Test
    void promotesToAHuggingFaceDirectory() throws Exception {
        Checkpoint registered = service.registerCheckpoint(trained(500));
        String modelId = modelId();
        PromoteCheckpointRequest request = promotion(registered, modelId);

        ModelVersion version = service.promoteCheckpoint(request);

        assertThat(version.getName()).isEqualTo("workspaces/default/models/" + modelId + "/versions/1");
        assertThat(version.getDataset()).isEqualTo("workspaces/default/datasets/a");
        assertThat(version.getTokenizer()).isEqualTo("workspaces/default/tokenizers/a");
        assertThat(service.promoteCheckpoint(request)).isEqualTo(version);
        assertThat(store.list(version.getName() + "/"))
                .extracting(key -> key.substring(version.getName().length() + 1))
                .containsExactly(
                        "config.json",
                        "generation_config.json",
                        "manifest.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        assertThat(store.read(version.getName() + "/manifest.json").sha256()).isEqualTo(version.getManifestSha256());
        assertThat(service.getModelVersion(GetModelVersionRequest.newBuilder()
                        .setName("models/" + modelId)
                        .build()))
                .isEqualTo(version);
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            facts.await(fact -> fact.type().equals("maru.model-version.published.v1")
                    && fact.subject().equals(version.getName()));
        }
    }

    @Test
    void numbersVersionsOnceEachWhenManyPromoteAtATime() throws Exception {
        Checkpoint registered = service.registerCheckpoint(trained(500));
        String modelId = modelId();
        int promotions = 8;
        ExecutorService callers = Executors.newFixedThreadPool(promotions);
        try {
            List<Callable<ModelVersion>> calls = new ArrayList<>();
            for (int i = 0; i < promotions; i++) {
                calls.add(() -> service.promoteCheckpoint(promotion(registered, modelId)));
            }
            List<Long> versions = new ArrayList<>();
            for (Future<ModelVersion> version : callers.invokeAll(calls)) {
                versions.add(version.get().getVersion());
            }
            assertThat(versions).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        } finally {
            callers.shutdownNow();
        }
        assertThat(service.getModelVersion(GetModelVersionRequest.newBuilder()
                                .setName("models/" + modelId)
                                .build())
                        .getVersion())
                .isEqualTo(8);
        assertThat(service.listModelVersions(ListModelVersionsRequest.newBuilder()
                                .setModel("models/" + modelId)
                                .build())
                        .getModelVersionsList())
                .hasSize(promotions);
    }

    @Test
    void registersOnceWhenManyRegisterTheSameAtATime() throws Exception {
        RegisterCheckpointRequest request = trained(500);
        ExecutorService callers = Executors.newFixedThreadPool(4);
        try {
            List<Checkpoint> answers = new ArrayList<>();
            for (Future<Checkpoint> answer : callers.invokeAll(java.util.Collections.nCopies(
                    4, (Callable<Checkpoint>) () -> service.registerCheckpoint(request)))) {
                answers.add(answer.get());
            }
            assertThat(answers).containsOnly(answers.get(0));
        } finally {
            callers.shutdownNow();
        }
    }

    private CheckpointServiceBlockingStub in(String workspace) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), workspace);
        return service.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static PromoteCheckpointRequest promotion(Checkpoint checkpoint, String modelId) {
        return PromoteCheckpointRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setCheckpoint(checkpoint.getName())
                .setModelId(modelId)
                .build();
    }

    private static String modelId() {
        return "m-" + UUID.randomUUID();
    }

    /** Writes the files as training does, and tells of them. */
    private RegisterCheckpointRequest trained(long step) throws IOException {
        return trained("train", step);
    }

    private RegisterCheckpointRequest trained(String training, long step) throws IOException {
        String prefix = run + "/checkpoints/" + training + "-" + step + "/";
        RegisterCheckpointRequest.Builder request = RegisterCheckpointRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setRun(run)
                .setTraining(training)
                .setStep(step)
                .setDataset("datasets/a")
                .setTokenizer("tokenizers/a")
                .setValidationLoss(2.25);
        for (String name : List.of(
                "config.json",
                "generation_config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "training_state.json")) {
            request.addFiles(file(name, store.put(prefix + name, ("{\"n\":" + step + "}").getBytes(UTF_8))));
        }
        for (String name : List.of("model.safetensors", "optimizer.safetensors")) {
            request.addFiles(file(name, store.put(prefix + name, tensors(name))));
        }
        return request.build();
    }

    private Path tensors(String name) throws IOException {
        Path file = folder.resolve(name);
        try (SafetensorsWriter writer = SafetensorsWriter.create(file)) {
            writer.declare("weight", DType.F32, 2, 3).write("weight", new float[] {1, 2, 3, 4, 5, 6});
            writer.seal();
        }
        return file;
    }

    private static StoredFile file(String name, StoredObject object) {
        return StoredFile.newBuilder()
                .setFileName(name)
                .setSize(object.size())
                .setSha256(object.sha256())
                .build();
    }

    private static void assertRefused(Status.Code code, String reason, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, error -> {
            assertThat(error.getStatus().getCode()).isEqualTo(code);
            assertThat(GrpcFaults.info(error).orElseThrow().getReason()).isEqualTo(reason);
        });
    }
}
