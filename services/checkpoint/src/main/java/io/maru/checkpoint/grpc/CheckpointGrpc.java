package io.maru.checkpoint.grpc;

import static io.maru.checkpoint.grpc.CheckpointMapping.checkSpec;
import static io.maru.checkpoint.grpc.CheckpointMapping.checkpointName;
import static io.maru.checkpoint.grpc.CheckpointMapping.model;
import static io.maru.checkpoint.grpc.CheckpointMapping.modelVersionName;
import static io.maru.checkpoint.grpc.CheckpointMapping.registration;
import static io.maru.checkpoint.grpc.CheckpointMapping.toProto;

import io.grpc.ServerServiceDefinition;
import io.maru.checkpoint.app.CheckpointMeter;
import io.maru.checkpoint.app.Checkpoints;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.domain.Registration;
import io.maru.checkpoint.v1.CheckPublicationSpecRequest;
import io.maru.checkpoint.v1.CheckPublicationSpecResponse;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.DeleteCheckpointRequest;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.ListModelVersionsRequest;
import io.maru.checkpoint.v1.ListModelVersionsResponse;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.MutinyCheckpointServiceGrpc;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.checkpoint.v1.RegisterCheckpointRequest;
import io.maru.checkpoint.v1.VerifyCheckpointRequest;
import io.maru.platform.caller.Caller;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;

/** Answers the calls of {@code CheckpointService}. */
@GrpcService
class CheckpointGrpc extends MutinyCheckpointServiceGrpc.CheckpointServiceImplBase {
    private final Checkpoints checkpoints;
    private final ModelVersions modelVersions;
    private final CheckpointMeter meter;

    CheckpointGrpc(Checkpoints checkpoints, ModelVersions modelVersions, CheckpointMeter meter) {
        this.checkpoints = checkpoints;
        this.modelVersions = modelVersions;
        this.meter = meter;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
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
        String model = model("model_id", "models/" + request.getModelId());
        return answer(toProto(meter.promotion(() -> modelVersions.promote(requestKey, checkpoint, model))));
    }

    @Override
    public Uni<CheckPublicationSpecResponse> checkPublicationSpec(CheckPublicationSpecRequest request) {
        checkSpec(request.getSpec());
        return answer(CheckPublicationSpecResponse.getDefaultInstance());
    }

    @Override
    @Blocking
    public Uni<ModelVersion> getModelVersion(GetModelVersionRequest request) {
        String name = request.getName();
        return answer(toProto(CheckpointMapping.newestOf("name", name)
                .map(modelVersions::newest)
                .orElseGet(() -> modelVersions.get(modelVersionName("name", name)))));
    }

    @Override
    @Blocking
    public Uni<ListModelVersionsResponse> listModelVersions(ListModelVersionsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        int limit = page.size() + 1;
        var result = page.cut(
                request.getModel().isEmpty()
                        ? modelVersions.list(Caller.current().workspace(), page.after(), limit)
                        : modelVersions.listOf(model("model", request.getModel()), page.after(), limit),
                io.maru.checkpoint.domain.ModelVersion::sequence);
        return answer(ListModelVersionsResponse.newBuilder()
                .addAllModelVersions(
                        result.items().stream().map(CheckpointMapping::toProto).toList())
                .setNextPageToken(result.nextToken())
                .build());
    }

    private static <T> Uni<T> answer(T message) {
        return Uni.createFrom().item(message);
    }
}
