package io.maru.checkpoint.grpc;

import static io.maru.checkpoint.grpc.CheckpointMapping.checkSpec;
import static io.maru.checkpoint.grpc.CheckpointMapping.checkpointName;
import static io.maru.checkpoint.grpc.CheckpointMapping.registration;
import static io.maru.checkpoint.grpc.CheckpointMapping.toProto;

import io.grpc.ServerServiceDefinition;
import io.maru.checkpoint.app.CallTimes;
import io.maru.checkpoint.app.CheckpointMeter;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.checkpoint.app.ForeignModels;
import io.maru.checkpoint.app.Imports;
import io.maru.checkpoint.app.ModelExporter;
import io.maru.checkpoint.app.ModelFileIntake;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.app.Models;
import io.maru.checkpoint.domain.CheckpointReason;
import io.maru.checkpoint.domain.Registration;
import io.maru.checkpoint.v1.Alias;
import io.maru.checkpoint.v1.CancelImportRequest;
import io.maru.checkpoint.v1.CheckImportSpecRequest;
import io.maru.checkpoint.v1.CheckImportSpecResponse;
import io.maru.checkpoint.v1.CheckPublicationSpecRequest;
import io.maru.checkpoint.v1.CheckPublicationSpecResponse;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.DeleteAliasRequest;
import io.maru.checkpoint.v1.DeleteAliasResponse;
import io.maru.checkpoint.v1.DeleteCheckpointRequest;
import io.maru.checkpoint.v1.FindModelFilesRequest;
import io.maru.checkpoint.v1.FindModelFilesResponse;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetImportRequest;
import io.maru.checkpoint.v1.GetModelRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.ListModelChangesRequest;
import io.maru.checkpoint.v1.ListModelChangesResponse;
import io.maru.checkpoint.v1.ListModelVersionsRequest;
import io.maru.checkpoint.v1.ListModelVersionsResponse;
import io.maru.checkpoint.v1.ListModelsRequest;
import io.maru.checkpoint.v1.ListModelsResponse;
import io.maru.checkpoint.v1.Model;
import io.maru.checkpoint.v1.ModelFile;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.MutinyCheckpointServiceGrpc;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.checkpoint.v1.RegisterCheckpointRequest;
import io.maru.checkpoint.v1.SetAliasRequest;
import io.maru.checkpoint.v1.UpdateModelVersionRequest;
import io.maru.checkpoint.v1.UploadModelFileRequest;
import io.maru.checkpoint.v1.VerifyCheckpointRequest;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.GrpcErrors;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/** Answers the calls of {@code CheckpointService}. */
@GrpcService
class CheckpointGrpc extends MutinyCheckpointServiceGrpc.CheckpointServiceImplBase {
    private final Checkpoints checkpoints;
    private final ModelVersions modelVersions;
    private final Models models;
    private final Imports imports;
    private final ModelFileIntake intake;
    private final CallTimes times;
    private final ExportDoor exports;
    private final CheckpointMeter meter;

    CheckpointGrpc(
            Checkpoints checkpoints,
            ModelVersions modelVersions,
            Models models,
            Imports imports,
            ModelFileIntake intake,
            ModelExporter exporter,
            CallTimes times,
            GrpcErrors errors,
            CheckpointMeter meter) {
        this.checkpoints = checkpoints;
        this.modelVersions = modelVersions;
        this.models = models;
        this.imports = imports;
        this.intake = intake;
        this.times = times;
        this.exports = new ExportDoor(modelVersions, exporter, errors, times.maxSilence());
        this.meter = meter;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(exports.in(super.bindService()));
    }

    @Override
    @Blocking
    public Uni<Checkpoint> registerCheckpoint(RegisterCheckpointRequest request) {
        String requestKey = Caller.requestKey("RegisterCheckpoint", request.getRequestId());
        Registration registration = registration(request);
        return answer(toProto(meter.registration(() -> checkpoints.register(requestKey, registration))));
    }

    @Override
    @Blocking
    public Uni<Checkpoint> getCheckpoint(GetCheckpointRequest request) {
        return answer(toProto(checkpoints.get(checkpointName("name", request.getName()))));
    }

    @Override
    @Blocking
    public Uni<ListCheckpointsResponse> listCheckpoints(ListCheckpointsRequest request) {
        String run = CheckpointMapping.run(request.getRun());
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        var result = page.cut(
                checkpoints.list(run, request.getTraining(), page.after(), page.size() + 1),
                io.maru.checkpoint.domain.Checkpoint::sequence);
        return answer(ListCheckpointsResponse.newBuilder()
                .addAllCheckpoints(
                        result.items().stream().map(CheckpointMapping::toProto).toList())
                .setNextPageToken(result.nextToken())
                .build());
    }

    @Override
    @Blocking
    public Uni<Checkpoint> verifyCheckpoint(VerifyCheckpointRequest request) {
        var name = checkpointName("name", request.getName());
        return answer(toProto(meter.verification(() -> checkpoints.verify(name))));
    }

    @Override
    @Blocking
    public Uni<Checkpoint> deleteCheckpoint(DeleteCheckpointRequest request) {
        return answer(toProto(checkpoints.delete(checkpointName("name", request.getName()))));
    }

    @Override
    @Blocking
    public Uni<ModelVersion> promoteCheckpoint(PromoteCheckpointRequest request) {
        String requestKey = Caller.requestKey("PromoteCheckpoint", request.getRequestId());
        var checkpoint = checkpointName("checkpoint", request.getCheckpoint());
        checkSpec(request.getSpec());
        String model = ModelMapping.model("model_id", "models/" + request.getModelId());
        String caller = Caller.current().subject();
        return answer(ModelMapping.toProto(
                meter.promotion(() -> modelVersions.promote(requestKey, checkpoint, model, caller))));
    }

    @Override
    public Uni<CheckPublicationSpecResponse> checkPublicationSpec(CheckPublicationSpecRequest request) {
        checkSpec(request.getSpec());
        return answer(CheckPublicationSpecResponse.getDefaultInstance());
    }

    @Override
    @Blocking
    public Uni<ModelVersion> getModelVersion(GetModelVersionRequest request) {
        return answer(ModelMapping.toProto(ModelMapping.version(
                "name", request.getName(), modelVersions::get, modelVersions::get, modelVersions::newest)));
    }

    @Override
    @Blocking
    public Uni<ListModelVersionsResponse> listModelVersions(ListModelVersionsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        int limit = page.size() + 1;
        var result = page.cut(
                request.getModel().isEmpty()
                        ? modelVersions.list(Caller.current().workspace(), page.after(), limit)
                        : modelVersions.listOf(ModelMapping.model("model", request.getModel()), page.after(), limit),
                io.maru.checkpoint.domain.ModelVersion::sequence);
        return answer(ListModelVersionsResponse.newBuilder()
                .addAllModelVersions(
                        result.items().stream().map(ModelMapping::toProto).toList())
                .setNextPageToken(result.nextToken())
                .build());
    }

    @Override
    @Blocking
    public Uni<ModelVersion> updateModelVersion(UpdateModelVersionRequest request) {
        return answer(ModelMapping.toProto(modelVersions.describe(
                ModelMapping.versionName("name", request.getName()),
                ModelMapping.description(request),
                Caller.current().subject())));
    }

    @Override
    @Blocking
    public Uni<ListModelsResponse> listModels(ListModelsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        var result = page.cut(
                models.list(Caller.current().workspace(), page.after(), page.size() + 1),
                io.maru.checkpoint.domain.Model::sequence);
        return answer(ListModelsResponse.newBuilder()
                .addAllModels(result.items().stream().map(ModelMapping::toProto).toList())
                .setNextPageToken(result.nextToken())
                .build());
    }

    @Override
    @Blocking
    public Uni<Model> getModel(GetModelRequest request) {
        return answer(ModelMapping.toProto(models.get(ModelMapping.model("name", request.getName()))));
    }

    @Override
    @Blocking
    public Uni<Alias> setAlias(SetAliasRequest request) {
        return answer(ModelMapping.toProto(models.setAlias(
                ModelMapping.aliasName("name", request.getName()),
                ModelMapping.versionName("model_version", request.getModelVersion()),
                ModelMapping.expected(request),
                Caller.current().subject())));
    }

    @Override
    @Blocking
    public Uni<DeleteAliasResponse> deleteAlias(DeleteAliasRequest request) {
        models.deleteAlias(
                ModelMapping.aliasName("name", request.getName()),
                Caller.current().subject());
        return answer(DeleteAliasResponse.getDefaultInstance());
    }

    @Override
    @Blocking
    public Uni<ListModelChangesResponse> listModelChanges(ListModelChangesRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        var result = page.cut(
                models.changes(ModelMapping.model("model", request.getModel()), page.after(), page.size() + 1),
                io.maru.checkpoint.domain.ModelChange::sequence);
        return answer(ListModelChangesResponse.newBuilder()
                .addAllChanges(
                        result.items().stream().map(ModelMapping::toProto).toList())
                .setNextPageToken(result.nextToken())
                .build());
    }

    /**
     * Each message is dealt with on the thread that brings it, before the next one is asked for: a sender that is faster
     * than the disk waits, and memory holds one chunk for each upload.
     */
    @Override
    @Blocking
    public Uni<ModelFile> uploadModelFile(Multi<UploadModelFileRequest> parts) {
        UploadStream stream = new UploadStream(intake, Caller.current().workspace());
        return parts.ifNoItem()
                .after(times.maxSilence())
                .failWith(() -> CheckpointReason.UPLOAD_IDLE.because(
                        "upload: nothing for %d ms (expected: the next message before that)",
                        times.maxSilence().toMillis()))
                .invoke(stream::accept)
                .collect()
                .last()
                .map(last -> stream.store())
                .onTermination()
                .invoke(stream::close)
                .invoke(file -> meter.uploaded(file.size()))
                .map(ImportMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<FindModelFilesResponse> findModelFiles(FindModelFilesRequest request) {
        return answer(FindModelFilesResponse.newBuilder()
                .addAllFiles(
                        intake
                                .present(Caller.current().workspace(), ImportMapping.files(request.getFilesList()))
                                .stream()
                                .map(ImportMapping::toProto)
                                .toList())
                .build());
    }

    @Override
    @Blocking
    public Uni<Import> createImport(CreateImportRequest request) {
        return answer(ImportMapping.toProto(imports.create(ImportMapping.request(request))));
    }

    @Override
    @Blocking
    public Uni<CheckImportSpecResponse> checkImportSpec(CheckImportSpecRequest request) {
        String source = ImportMapping.source(request.getSpec());
        ForeignModels.Shape shape = source.isEmpty() ? ForeignModels.Shape.UNKNOWN : imports.shape(source);
        return answer(CheckImportSpecResponse.newBuilder()
                .setSpec(request.getSpec())
                .setParameters(shape.parameters())
                .setVocabularySize(shape.vocabularySize())
                .build());
    }

    @Override
    @Blocking
    public Uni<Import> getImport(GetImportRequest request) {
        return answer(ImportMapping.toProto(imports.get(ImportMapping.name(request.getName()))));
    }

    @Override
    @Blocking
    public Uni<Import> cancelImport(CancelImportRequest request) {
        return answer(ImportMapping.toProto(imports.cancel(ImportMapping.name(request.getName()))));
    }

    private static <T> Uni<T> answer(T message) {
        return Uni.createFrom().item(message);
    }
}
