package io.maru.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.maru.checkpoint.v1.CancelImportRequest;
import io.maru.checkpoint.v1.CheckImportSpecRequest;
import io.maru.checkpoint.v1.CheckImportSpecResponse;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.DeleteAliasRequest;
import io.maru.checkpoint.v1.ExportModelVersionRequest;
import io.maru.checkpoint.v1.ExportModelVersionResponse;
import io.maru.checkpoint.v1.FindModelFilesRequest;
import io.maru.checkpoint.v1.GetImportRequest;
import io.maru.checkpoint.v1.GetModelRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ImportFailed;
import io.maru.checkpoint.v1.ImportSpec;
import io.maru.checkpoint.v1.ListModelChangesRequest;
import io.maru.checkpoint.v1.ListModelsRequest;
import io.maru.checkpoint.v1.ListModelsResponse;
import io.maru.checkpoint.v1.Model;
import io.maru.checkpoint.v1.ModelAliasMoved;
import io.maru.checkpoint.v1.ModelChange;
import io.maru.checkpoint.v1.ModelFile;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.ModelVersionCorrupted;
import io.maru.checkpoint.v1.ModelVersionPublished;
import io.maru.checkpoint.v1.SetAliasRequest;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.checkpoint.v1.UpdateModelVersionRequest;
import io.maru.checkpoint.v1.UploadModelFileRequest;
import io.maru.formats.Sha256;
import io.maru.platform.database.Database;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.event.Fact;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.Facts;
import io.maru.platform.testkit.Shared;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that come in, and what they are called. */
@QuarkusTest
class ModelRegistryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TestHTTPResource
    URI address;

    @Inject
    ObjectStore store;

    @Inject
    Database database;

    @TempDir
    Path folder;

    private final String modelId = "m-" + UUID.randomUUID();
    private final String model = "workspaces/default/models/" + modelId;
    private ManagedChannel channel;
    private CheckpointServiceBlockingStub service;

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
        FakeTokenization.refuse(null);
        channel.shutdownNow();
    }

    @Test
    void uploadedFilesBecomeAVersionWithItsTokenizer() throws Exception {
        Map<String, byte[]> files = ForeignGpt.files(folder);
        CreateImportRequest request = importOf(uploaded(files));

        Import created = service.createImport(request);
        Import done = awaitEnd(created);

        assertThat(done.getState()).as(done.getFailureMessage()).isEqualTo(Import.State.SUCCEEDED);
        assertThat(done.getArchitecture()).isEqualTo("GPT2LMHeadModel");
        assertThat(done.getDtype()).isEqualTo("F32");
        assertThat(done.getParameters()).isPositive();
        assertThat(done.getWrittenBytes()).isEqualTo(done.getBytes()).isEqualTo(4 * done.getParameters());
        assertThat(done.getModelVersion()).isEqualTo(model + "/versions/1");
        assertThat(service.createImport(request)).isEqualTo(done);

        ModelVersion version = version(done.getModelVersion());
        assertThat(version.getParentsList()).containsExactly(done.getName());
        assertThat(version.getCheckpoint()).isEmpty();
        assertThat(version.getTokenizer()).isEqualTo(done.getTokenizer());
        assertThat(version.getFilesList())
                .extracting(StoredFile::getFileName)
                .containsExactly(
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        for (StoredFile file : version.getFilesList()) {
            assertThat(store.read(version.getName() + "/" + file.getFileName()).sha256())
                    .isEqualTo(file.getSha256());
        }
        assertThat(store.read(version.getName() + "/manifest.json").sha256()).isEqualTo(version.getManifestSha256());
        assertThat(FakeTokenization.registered(done.getTokenizer())).isEqualTo(files.get("tokenizer.json"));
        assertThat(new String(store.bytes(version.getName() + "/tokenizer_config.json", 1 << 20), UTF_8))
                .contains("chat_template")
                .contains("<|endoftext|>");
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            Fact published = facts.await(fact -> fact.type().equals("maru.model-version.published.v1")
                    && fact.subject().equals(version.getName()));
            assertThat(ModelVersionPublished.parseFrom(published.data()).getImport())
                    .isEqualTo(done.getName());
            facts.await(fact -> fact.type().equals("maru.import.succeeded.v1")
                    && fact.subject().equals(done.getName()));
        }
    }

    @Test
    void theSameModelTwiceIsTwoVersionsOfEqualContentAndOneTokenizer() throws Exception {
        List<ModelFile> files = uploaded(ForeignGpt.files(folder));

        Import first = awaitEnd(service.createImport(importOf(files)));
        Import second = awaitEnd(service.createImport(importOf(files)));

        assertThat(version(second.getModelVersion()).getVersion()).isEqualTo(2);
        assertThat(version(second.getModelVersion()).getManifestSha256())
                .isEqualTo(version(first.getModelVersion()).getManifestSha256());
        assertThat(second.getTokenizer()).isEqualTo(first.getTokenizer());
    }

    @Test
    void whatLiesInTheInboxIsImportedWithoutAnUpload() throws Exception {
        String source = "inbox/" + UUID.randomUUID();
        ForeignGpt.files(folder)
                .forEach((name, bytes) -> store.put("workspaces/default/" + source + "/" + name, bytes));
        store.put("workspaces/default/" + source + "/onnx/config.json", "of something else".getBytes(UTF_8));

        CheckImportSpecResponse shape = service.checkImportSpec(CheckImportSpecRequest.newBuilder()
                .setSpec(ImportSpec.newBuilder().setSource(source))
                .build());
        Import done = awaitEnd(service.createImport(importOf(List.of()).toBuilder()
                .setSpec(ImportSpec.newBuilder().setSource(source))
                .build()));

        assertThat(done.getState()).as(done.getFailureMessage()).isEqualTo(Import.State.SUCCEEDED);
        assertThat(done.getSpec().getSource()).isEqualTo(source);
        assertThat(shape.getParameters()).isEqualTo(done.getParameters());
        assertThat(shape.getVocabularySize()).isEqualTo(258);
    }

    @Test
    void aModelWithoutATokenizerHasNone() throws Exception {
        Map<String, byte[]> files = ForeignGpt.files(folder);
        files.remove("tokenizer.json");

        Import done = awaitEnd(service.createImport(importOf(uploaded(files))));

        assertThat(done.getState()).as(done.getFailureMessage()).isEqualTo(Import.State.SUCCEEDED);
        assertThat(done.getTokenizer()).isEmpty();
        assertThat(version(done.getModelVersion()).getFilesList())
                .extracting(StoredFile::getFileName)
                .doesNotContain("tokenizer.json");
    }

    @Test
    void whatIsNotOursIsRefusedByName() throws Exception {
        Map<String, byte[]> files = ForeignGpt.files(folder);
        files.put("config.json", "{\"model_type\": \"bert\"}".getBytes(UTF_8));

        Import failed = awaitEnd(service.createImport(importOf(uploaded(files))));

        assertThat(failed.getState()).isEqualTo(Import.State.FAILED);
        assertThat(failed.getFailureReason()).isEqualTo("MODEL_UNSUPPORTED");
        assertThat(failed.getFailureMessage()).contains("bert").contains("expected");
        assertRefused(Status.Code.NOT_FOUND, "MODEL_NOT_FOUND", () -> service.getModel(modelRequest()));
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            Fact fact = facts.await(candidate -> candidate.type().equals("maru.import.failed.v1")
                    && candidate.subject().equals(failed.getName()));
            assertThat(ImportFailed.parseFrom(fact.data()).getReason()).isEqualTo("MODEL_UNSUPPORTED");
        }
    }

    @Test
    void aBrokenFileIsToldByItsNameAndNotByItsPlace() throws Exception {
        Map<String, byte[]> files = ForeignGpt.files(folder);
        files.put("model.safetensors", "no tensors at all".getBytes(UTF_8));

        Import failed = awaitEnd(service.createImport(importOf(uploaded(files))));

        assertThat(failed.getFailureReason()).isEqualTo("MODEL_CORRUPT");
        assertThat(failed.getFailureMessage()).startsWith("model.safetensors").doesNotContain("/");
    }

    @Test
    void aTokenizerThatTheServiceRefusesFailsTheImport() throws Exception {
        FakeTokenization.refuse(Status.INVALID_ARGUMENT.withDescription("no end of text"));

        Import failed = awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))));

        assertThat(failed.getFailureReason()).isEqualTo("TOKENIZER_UNSUPPORTED");
        assertThat(failed.getFailureMessage()).contains("no end of text");
    }

    @Test
    void anImportWaitsWhileTokenizationIsAwayAndStopsWhenAsked() throws Exception {
        FakeTokenization.refuse(Status.UNAVAILABLE);
        Import waiting = service.createImport(importOf(uploaded(ForeignGpt.files(folder))));
        await().atMost(PATIENCE).until(() -> !get(waiting).getArchitecture().isEmpty());

        service.cancelImport(
                CancelImportRequest.newBuilder().setName(waiting.getName()).build());
        // The next attempt sees that it is to stop.
        FakeTokenization.refuse(null);

        assertThat(awaitEnd(waiting).getState()).isEqualTo(Import.State.CANCELLED);
        assertRefused(Status.Code.NOT_FOUND, "MODEL_NOT_FOUND", () -> service.getModel(modelRequest()));
    }

    /** As where the service was killed while it wrote the version: its number is taken, and some objects are there. */
    @Test
    void anImportThatWasCutOffGoesOnUnderTheSameNumber() throws Exception {
        List<ModelFile> files = uploaded(ForeignGpt.files(folder));
        FakeTokenization.refuse(Status.UNAVAILABLE);
        Import waiting = service.createImport(importOf(files));
        await().atMost(PATIENCE).until(() -> get(waiting).getState() == Import.State.RUNNING);
        database.run(sql -> {
            sql.update("insert into model (name, workspace) values (?, 'default') on conflict do nothing", model);
            sql.update("""
                    insert into model_version (workspace, model, version, request_key, parents, dataset, tokenizer, run,
                        caller, create_time, reserve_time)
                    values ('default', ?, 7, ?, array[?], '', '', '', 'anonymous', now(), now())
                    """, model, waiting.getName(), waiting.getName());
        });
        store.put(model + "/versions/7/config.json", "half".getBytes(UTF_8));
        FakeTokenization.refuse(null);

        Import done = awaitEnd(waiting);

        assertThat(done.getModelVersion()).isEqualTo(model + "/versions/7");
        assertThat(version(done.getModelVersion()).getFilesList())
                .allSatisfy(file -> assertThat(store.read(done.getModelVersion() + "/" + file.getFileName())
                                .sha256())
                        .isEqualTo(file.getSha256()));
    }

    @Test
    void refusesAnImportOfWhatIsNotThere() throws Exception {
        List<ModelFile> absent = List.of(
                file("config.json", new byte[] {1, 2}),
                file("model.safetensors", UUID.randomUUID().toString().getBytes(UTF_8)));

        assertRefused(Status.Code.FAILED_PRECONDITION, "FILE_MISSING", () -> service.createImport(importOf(absent)));
        assertRefused(
                Status.Code.NOT_FOUND,
                "SOURCE_MISSING",
                () -> service.createImport(ofSource("inbox/" + UUID.randomUUID())));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SOURCE",
                () -> service.createImport(ofSource("inbox/../secrets")));
        assertRefused(
                Status.Code.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                () -> service.createImport(ofSource("workspaces/other/inbox/model")));
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "INVALID_ARGUMENT", () -> service.createImport(importOf(List.of())));
    }

    @Test
    void refusesAPickleWithTheWayToConvertIt() throws Exception {
        List<ModelFile> files =
                uploaded(Map.of("config.json", "{}".getBytes(UTF_8), "pytorch_model.bin", "pickled".getBytes(UTF_8)));

        assertRefused(Status.Code.INVALID_ARGUMENT, "PICKLE_REFUSED", () -> service.createImport(importOf(files)));
        assertThatThrownBy(() -> service.createImport(importOf(files))).hasMessageContaining("save_pretrained");
    }

    @Test
    void refusesBytesThatAreNotThoseOfTheHeader() {
        byte[] bytes = UUID.randomUUID().toString().getBytes(UTF_8);
        ModelFile header = file("model.safetensors", bytes);

        assertRefused(
                Status.Code.DATA_LOSS,
                "UPLOAD_DIFFERS",
                () -> upload(List.of(header(header), chunk("something else of another size".getBytes(UTF_8)))));
        assertRefused(Status.Code.DATA_LOSS, "UPLOAD_DIFFERS", () -> upload(List.of(header(header))));
        assertRefused(Status.Code.INVALID_ARGUMENT, "UPLOAD_OUT_OF_ORDER", () -> upload(List.of(chunk(bytes))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "UPLOAD_OUT_OF_ORDER",
                () -> upload(List.of(header(header), header(header))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "CHUNK_TOO_LARGE",
                () -> upload(List.of(header(header), chunk(new byte[(1 << 20) + 1]))));
        for (String name : List.of("../config.json", "a/b", "", "..", "a\\b", "x".repeat(256))) {
            assertRefused(
                    Status.Code.INVALID_ARGUMENT,
                    "INVALID_FILE_NAME",
                    () -> upload(
                            List.of(header(header.toBuilder().setFileName(name).build()))));
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "FILE_TOO_LARGE",
                () -> upload(List.of(header(header.toBuilder().setSize(1L << 50).build()))));
        assertThat(found(header)).isEmpty();
    }

    @Test
    void aFileIsFoundInItsWorkspaceAlone() throws Exception {
        ModelFile file = uploaded(
                        Map.of("config.json", UUID.randomUUID().toString().getBytes(UTF_8)))
                .get(0);

        assertThat(found(file)).containsExactly(file);
        assertThat(found(file.toBuilder().setSize(3).build())).isEmpty();
        assertThat(in("other")
                        .findModelFiles(FindModelFilesRequest.newBuilder()
                                .addFiles(file)
                                .build())
                        .getFilesList())
                .isEmpty();
        assertRefused(Status.Code.PERMISSION_DENIED, "PERMISSION_DENIED", () -> in("other")
                .getImport(GetImportRequest.newBuilder()
                        .setName("workspaces/default/imports/a")
                        .build()));
    }

    @Test
    void anUploadThatNobodyWantsIsCollectedAndOneThatAnImportWaitsForIsNot() throws Exception {
        ModelFile unwanted = uploaded(
                        Map.of("config.json", UUID.randomUUID().toString().getBytes(UTF_8)))
                .get(0);
        Map<String, byte[]> files = ForeignGpt.files(folder);
        files.put("added.txt", UUID.randomUUID().toString().getBytes(UTF_8));
        List<ModelFile> wanted = uploaded(files);
        FakeTokenization.refuse(Status.UNAVAILABLE);
        Import waiting = service.createImport(importOf(wanted));

        database.run(sql -> sql.update("update model_file set use_time = now() - interval '2 days'"));

        await().atMost(PATIENCE).until(() -> store.size(key(unwanted)).isEmpty());
        assertThat(wanted).allSatisfy(file -> assertThat(store.size(key(file))).isPresent());
        assertThat(found(unwanted)).isEmpty();
        FakeTokenization.refuse(null);
        assertThat(awaitEnd(waiting).getState()).isEqualTo(Import.State.SUCCEEDED);
        // Whoever uploads them again has them again.
        uploaded(files).forEach(file -> assertThat(found(file)).containsExactly(file));
    }

    @Test
    void aNumberThatNobodyCameBackForLeavesNoObject() {
        String left = model + "/versions/1";
        store.put(left + "/config.json", "left".getBytes(UTF_8));
        database.run(sql -> {
            sql.update("insert into model (name, workspace) values (?, 'default')", model);
            sql.update("""
                    insert into model_version (workspace, model, version, request_key, parents, dataset, tokenizer, run,
                        caller, create_time, reserve_time)
                    values ('default', ?, 1, ?, '{}', '', '', '', 'anonymous', now(), now() - interval '2 days')
                    """, model, model);
        });

        await().atMost(PATIENCE).until(() -> store.list(left + "/").isEmpty());
    }

    @Test
    void anAliasIsMovedOnlyFromWhereItsMoverBelievesItIs() throws Exception {
        List<ModelFile> files = uploaded(ForeignGpt.files(folder));
        String first = awaitEnd(service.createImport(importOf(files))).getModelVersion();
        String second = awaitEnd(service.createImport(importOf(files))).getModelVersion();
        String alias = "models/" + modelId + "@production";
        SetAliasRequest request = SetAliasRequest.newBuilder()
                .setName(alias)
                .setModelVersion(first)
                .build();

        assertThat(service.setAlias(
                                request.toBuilder().setExpectedModelVersion("").build())
                        .getModelVersion())
                .isEqualTo(first);
        assertThat(version(alias).getName()).isEqualTo(first);
        assertThat(version(alias).getAliasesList()).containsExactly("production");
        // Somebody else has moved it meanwhile.
        service.setAlias(request.toBuilder().setModelVersion(second).build());
        assertThatThrownBy(() -> service.setAlias(
                        request.toBuilder().setExpectedModelVersion(first).build()))
                .hasMessageContaining("it names " + second)
                .hasMessageContaining("expected: " + first);
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "ALIAS_MOVED",
                () -> service.setAlias(
                        request.toBuilder().setExpectedModelVersion("").build()));
        assertThat(version(alias).getName()).isEqualTo(second);

        Model found = service.getModel(modelRequest());
        assertThat(found.getNewest().getName()).isEqualTo(second);
        assertThat(found.getVersions()).isEqualTo(2);
        assertThat(found.getAliasesList())
                .extracting(each -> each.getName() + " " + each.getModelVersion())
                .containsExactly("workspaces/default/" + alias + " " + second);
        service.deleteAlias(DeleteAliasRequest.newBuilder().setName(alias).build());
        assertRefused(Status.Code.NOT_FOUND, "ALIAS_NOT_FOUND", () -> version(alias));
        assertThat(service.listModelChanges(ListModelChangesRequest.newBuilder()
                                .setModel("models/" + modelId)
                                .build())
                        .getChangesList())
                .extracting(
                        ModelChange::getAction, ModelChange::getBefore, ModelChange::getAfter, ModelChange::getCaller)
                .startsWith(
                        tuple("alias.deleted", second, "", "anonymous"),
                        tuple("alias.set", first, second, "anonymous"),
                        tuple("alias.set", "", first, "anonymous"))
                .hasSize(5);
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            List<Fact> moves = facts.await(
                    3,
                    fact -> fact.type().equals("maru.model-alias.moved.v1")
                            && fact.subject().equals("workspaces/default/" + alias));
            assertThat(ModelAliasMoved.parseFrom(moves.get(1).data()).getFrom()).isEqualTo(first);
            assertThat(ModelAliasMoved.parseFrom(moves.get(2).data()).getTo()).isEmpty();
        }
    }

    @Test
    void refusesAnAliasThatLooksLikeAVersionAndOneOfAnotherModel() throws Exception {
        String version = awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))))
                .getModelVersion();

        for (String reserved : List.of("latest", "v1", "v007", "12", "Production", "a_b", "")) {
            assertRefused(
                    Status.Code.INVALID_ARGUMENT,
                    "INVALID_NAME",
                    () -> service.setAlias(SetAliasRequest.newBuilder()
                            .setName("models/" + modelId + "@" + reserved)
                            .setModelVersion(version)
                            .build()));
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                () -> service.setAlias(SetAliasRequest.newBuilder()
                        .setName("models/another@production")
                        .setModelVersion(version)
                        .build()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "MODEL_VERSION_NOT_FOUND",
                () -> service.setAlias(SetAliasRequest.newBuilder()
                        .setName("models/" + modelId + "@production")
                        .setModelVersion("models/" + modelId + "/versions/9")
                        .build()));
    }

    @Test
    void labelsAndANoteAreSaidOfAVersionAndKept() throws Exception {
        String name = awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))))
                .getModelVersion();
        UpdateModelVersionRequest request = UpdateModelVersionRequest.newBuilder()
                .setName(name)
                .putLabels("stage", "a=b")
                .putLabels("team/owner", "ann")
                .setNote("the first")
                .build();

        ModelVersion updated = service.updateModelVersion(request);
        service.updateModelVersion(request);

        assertThat(updated.getLabelsMap()).isEqualTo(Map.of("stage", "a=b", "team/owner", "ann"));
        assertThat(version(name)).isEqualTo(updated);
        assertThat(service.listModelChanges(ListModelChangesRequest.newBuilder()
                                .setModel("models/" + modelId)
                                .build())
                        .getChangesList())
                .extracting(ModelChange::getAction)
                .containsExactly("version.updated", "version.published");
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_LABEL",
                () -> service.updateModelVersion(
                        request.toBuilder().putLabels("No=Key", "x").build()));
    }

    @Test
    void rotIsFoundWithoutBeingAskedForAndTheLastGoodVersionIsTheNewest() throws Exception {
        List<ModelFile> files = uploaded(ForeignGpt.files(folder));
        String good = awaitEnd(service.createImport(importOf(files))).getModelVersion();
        String rotten = awaitEnd(service.createImport(importOf(files))).getModelVersion();
        assertThat(version("models/" + modelId).getName()).isEqualTo(rotten);
        store.put(rotten + "/model.safetensors", "rot".getBytes(UTF_8));

        database.run(sql ->
                sql.update("update model_version set verify_time = now() - interval '8 days' where model = ?", model));

        await().atMost(PATIENCE).until(() -> version(rotten).getState() == ModelVersion.State.CORRUPT);
        assertThat(version(good).getState()).isEqualTo(ModelVersion.State.ACTIVE);
        assertThat(version("models/" + modelId).getName()).isEqualTo(good);
        assertThat(service.listModelChanges(ListModelChangesRequest.newBuilder()
                                .setModel("models/" + modelId)
                                .build())
                        .getChanges(0)
                        .getAction())
                .isEqualTo("version.corrupted");
        try (Facts facts = Facts.on("maru.checkpoint.v1")) {
            Fact fact = facts.await(candidate -> candidate.type().equals("maru.model-version.corrupted.v1")
                    && candidate.subject().equals(rotten));
            assertThat(ModelVersionCorrupted.parseFrom(fact.data()).getMessage())
                    .contains("model.safetensors");
        }
    }

    @Test
    void modelsAreListedByNamePageByPage() throws Exception {
        List<ModelFile> files = uploaded(ForeignGpt.files(folder), "pages");
        CheckpointServiceBlockingStub pages = in("pages");
        for (String id : List.of("b", "c", "a")) {
            Import created = pages.createImport(
                    importOf(files).toBuilder().setModelId(id).build());
            await().atMost(PATIENCE)
                    .until(() -> pages.getImport(GetImportRequest.newBuilder()
                                            .setName(created.getName())
                                            .build())
                                    .getState()
                            == Import.State.SUCCEEDED);
        }
        ListModelsRequest two = ListModelsRequest.newBuilder().setPageSize(2).build();

        ListModelsResponse page = pages.listModels(two);
        ListModelsResponse rest = pages.listModels(
                two.toBuilder().setPageToken(page.getNextPageToken()).build());

        assertThat(page.getModelsList())
                .extracting(Model::getName)
                .containsExactly("workspaces/pages/models/a", "workspaces/pages/models/b");
        assertThat(rest.getModelsList()).extracting(Model::getName).containsExactly("workspaces/pages/models/c");
        assertThat(rest.getNextPageToken()).isEmpty();
    }

    @Test
    void aVersionGoesOutAsItCameInWithACard() throws Exception {
        String version = awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))))
                .getModelVersion();

        Map<String, byte[]> files = exported(ExportModelVersionRequest.newBuilder()
                .setName("models/" + modelId)
                .build());

        assertThat(files)
                .containsOnlyKeys(
                        "README.md",
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        for (StoredFile file : version(version).getFilesList()) {
            assertThat(Sha256.of(files.get(file.getFileName()))).isEqualTo(file.getSha256());
        }
        assertThat(new String(files.get("README.md"), UTF_8))
                .contains("# " + modelId + ", version 1", "| family | gpt2 |", "| context | 8 tokens");
    }

    @Test
    void whatGoesOutAsGgufComesInAgain() throws Exception {
        awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))));
        ExportModelVersionRequest request = ExportModelVersionRequest.newBuilder()
                .setName("models/" + modelId + "/versions/1")
                .setFormat(ExportModelVersionRequest.Format.GGUF)
                .build();

        Map<String, byte[]> files = exported(request);

        assertThat(files).containsOnlyKeys(modelId + "-v1-F32.gguf");
        Import again = awaitEnd(service.createImport(importOf(uploaded(files))));
        assertThat(again.getState()).as(again.getFailureMessage()).isEqualTo(Import.State.SUCCEEDED);
        assertThat(sha256(again.getModelVersion(), "model.safetensors"))
                .isEqualTo(sha256(model + "/versions/1", "model.safetensors"));
        assertThat(exported(request.toBuilder()
                        .setDtype(ExportModelVersionRequest.DataType.Q8_0)
                        .build()))
                .containsOnlyKeys(modelId + "-v1-Q8_0.gguf");
    }

    @Test
    void anotherTypeOfWeightsIsSmaller() throws Exception {
        awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))));
        ExportModelVersionRequest request = ExportModelVersionRequest.newBuilder()
                .setName("models/" + modelId)
                .build();

        Map<String, byte[]> half = exported(request.toBuilder()
                .setDtype(ExportModelVersionRequest.DataType.BF16)
                .build());

        assertThat(new String(half.get("config.json"), UTF_8)).contains("bfloat16");
        assertThat(half.get("model.safetensors").length)
                .isLessThan(exported(request).get("model.safetensors").length);
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                () -> exported(request.toBuilder()
                        .setDtype(ExportModelVersionRequest.DataType.Q8_0)
                        .build()));
    }

    @Test
    void refusesToExportWhatIsNotThereOrHasRotted() throws Exception {
        assertRefused(
                Status.Code.NOT_FOUND,
                "MODEL_VERSION_NOT_FOUND",
                () -> exported(ExportModelVersionRequest.newBuilder()
                        .setName("models/" + modelId)
                        .build()));
        String version = awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder)))))
                .getModelVersion();
        store.put(version + "/model.safetensors", "rot".getBytes(UTF_8));

        assertRefused(
                Status.Code.DATA_LOSS,
                "MODEL_VERSION_CORRUPT",
                () -> exported(
                        ExportModelVersionRequest.newBuilder().setName(version).build()));
    }

    /** More than the windows of HTTP/2 and all queues take: a sender that did not wait would hold it all. */
    @Test
    void aReaderWhoTakesNothingEndsItsExport() throws Exception {
        String version = awaitEnd(service.createImport(importOf(uploaded(ForeignGpt.files(folder, 1 << 20)))))
                .getModelVersion();
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        CompletableFuture<ClientCallStreamObserver<?>> call = new CompletableFuture<>();
        List<ExportModelVersionResponse> taken = new CopyOnWriteArrayList<>();
        CheckpointServiceGrpc.newStub(channel)
                .exportModelVersion(
                        ExportModelVersionRequest.newBuilder().setName(version).build(),
                        new ClientResponseObserver<ExportModelVersionRequest, ExportModelVersionResponse>() {
                            @Override
                            public void beforeStart(ClientCallStreamObserver<ExportModelVersionRequest> started) {
                                started.disableAutoRequestWithInitial(1);
                                call.complete(started);
                            }

                            @Override
                            public void onNext(ExportModelVersionResponse part) {
                                taken.add(part);
                            }

                            @Override
                            public void onError(Throwable failure) {
                                end.complete(failure);
                            }

                            @Override
                            public void onCompleted() {
                                end.complete(null);
                            }
                        });
        await().atMost(PATIENCE).until(() -> taken.size() == 1);

        // The sender has given up by the time when the reader goes on.
        await().atMost(PATIENCE).until(() -> {
            try (Stream<Path> left = Files.list(Path.of("target/work"))) {
                return left.noneMatch(path -> Files.isDirectory(path));
            }
        });
        call.get().request(1_000_000);

        assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        error -> assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    }

    /** Real files, of transformers and of llama.cpp's kind. */
    @Test
    void realModelsAreImported() throws Exception {
        Map<String, String> architectures = Map.of(
                "stories260K-hf", "LlamaForCausalLM",
                "tiny-gpt2-shakespeare-hf", "GPT2LMHeadModel");
        for (Map.Entry<String, String> each : architectures.entrySet()) {
            Map<String, byte[]> files = new TreeMap<>();
            try (Stream<Path> found = Files.list(Shared.path("data/weights/" + each.getKey()))) {
                for (Path file : found.toList()) {
                    files.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }

            Import done = awaitEnd(service.createImport(importOf(uploaded(files))));

            assertThat(done.getState()).as(done.getFailureMessage()).isEqualTo(Import.State.SUCCEEDED);
            assertThat(done.getArchitecture()).isEqualTo(each.getValue());
        }
    }

    /** The files of an export, each as long as its header says and of the digest that its trailer says. */
    private Map<String, byte[]> exported(ExportModelVersionRequest request) {
        Map<String, byte[]> files = new TreeMap<>();
        ExportModelVersionResponse.Header header = null;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Iterator<ExportModelVersionResponse> parts = service.exportModelVersion(request); parts.hasNext(); ) {
            ExportModelVersionResponse part = parts.next();
            switch (part.getPartCase()) {
                case HEADER -> header = part.getHeader();
                case CHUNK -> {
                    assertThat(part.getChunk().size()).isBetween(1, 1 << 20);
                    bytes.writeBytes(part.getChunk().toByteArray());
                }
                case TRAILER -> {
                    assertThat(bytes.size()).isEqualTo(header.getSize());
                    assertThat(Sha256.of(bytes.toByteArray()))
                            .isEqualTo(part.getTrailer().getSha256());
                    files.put(header.getFileName(), bytes.toByteArray());
                    bytes.reset();
                }
                case PART_NOT_SET -> throw new AssertionError("an empty message");
            }
        }
        return files;
    }

    private String sha256(String version, String file) {
        return store.read(version + "/" + file).sha256();
    }

    private CreateImportRequest importOf(List<ModelFile> files) {
        return CreateImportRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setModelId(modelId)
                .addAllFiles(files)
                .build();
    }

    private CreateImportRequest ofSource(String source) {
        return importOf(List.of()).toBuilder()
                .setSpec(ImportSpec.newBuilder().setSource(source))
                .build();
    }

    private Import get(Import created) {
        return service.getImport(
                GetImportRequest.newBuilder().setName(created.getName()).build());
    }

    private Import awaitEnd(Import created) {
        await().atMost(PATIENCE).until(() -> switch (get(created).getState()) {
            case SUCCEEDED, FAILED, CANCELLED -> true;
            default -> false;
        });
        return get(created);
    }

    private ModelVersion version(String name) {
        return service.getModelVersion(
                GetModelVersionRequest.newBuilder().setName(name).build());
    }

    private GetModelRequest modelRequest() {
        return GetModelRequest.newBuilder().setName("models/" + modelId).build();
    }

    private List<ModelFile> found(ModelFile file) {
        return service.findModelFiles(
                        FindModelFilesRequest.newBuilder().addFiles(file).build())
                .getFilesList();
    }

    private static String key(ModelFile file) {
        return "workspaces/default/modelFiles/" + file.getSha256();
    }

    private CheckpointServiceBlockingStub in(String workspace) {
        return service.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(workspace)));
    }

    private static Metadata headers(String workspace) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), workspace);
        return headers;
    }

    private List<ModelFile> uploaded(Map<String, byte[]> files) throws Exception {
        return uploaded(files, "default");
    }

    private List<ModelFile> uploaded(Map<String, byte[]> files, String workspace) throws Exception {
        List<ModelFile> uploaded = new ArrayList<>();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] bytes = file.getValue();
            List<UploadModelFileRequest> parts = new ArrayList<>();
            parts.add(header(file(file.getKey(), bytes)));
            for (int from = 0; from < bytes.length; from += 1 << 20) {
                parts.add(chunk(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + (1 << 20)))));
            }
            uploaded.add(upload(parts, workspace));
        }
        return uploaded;
    }

    private static ModelFile file(String name, byte[] bytes) {
        return ModelFile.newBuilder()
                .setFileName(name)
                .setSize(bytes.length)
                .setSha256(Sha256.of(bytes))
                .build();
    }

    private static UploadModelFileRequest header(ModelFile file) {
        return UploadModelFileRequest.newBuilder().setHeader(file).build();
    }

    private static UploadModelFileRequest chunk(byte[] bytes) {
        return UploadModelFileRequest.newBuilder()
                .setChunk(ByteString.copyFrom(bytes))
                .build();
    }

    private ModelFile upload(List<UploadModelFileRequest> parts) throws Exception {
        return upload(parts, "default");
    }

    private ModelFile upload(List<UploadModelFileRequest> parts, String workspace) throws Exception {
        CompletableFuture<ModelFile> answer = new CompletableFuture<>();
        StreamObserver<UploadModelFileRequest> sender = CheckpointServiceGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(workspace)))
                .uploadModelFile(new StreamObserver<>() {
                    @Override
                    public void onNext(ModelFile file) {
                        answer.complete(file);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        answer.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {
                        answer.completeExceptionally(new AssertionError("no answer"));
                    }
                });
        for (UploadModelFileRequest part : parts) {
            if (!answer.isDone()) {
                sender.onNext(part);
            }
        }
        sender.onCompleted();
        try {
            return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private static void assertRefused(Status.Code code, String reason, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, error -> {
            assertThat(error.getStatus().getCode()).as(error.getMessage()).isEqualTo(code);
            assertThat(GrpcFaults.info(error).orElseThrow().getReason()).isEqualTo(reason);
        });
    }
}
