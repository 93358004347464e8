package io.maru.inference.client;

import static io.maru.inference.domain.InferenceReason.CHECKPOINT_UNAVAILABLE;
import static io.maru.inference.domain.InferenceReason.MODEL_MISSING;
import static io.maru.inference.domain.InferenceReason.MODEL_UNUSABLE;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.inference.app.ModelCatalog;
import io.maru.inference.domain.ModelVersion;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Refusal;
import io.maru.platform.grpc.Channels;
import io.maru.platform.name.ResourceName;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@link ModelCatalog} of the checkpoint service. */
public final class CheckpointClient implements ModelCatalog {
    /** What a checkpoint has besides a model's files. */
    private static final Set<String> TRAININGS_OWN = Set.of("optimizer.safetensors", "training_state.json");

    private final ManagedChannel channel;
    private final CheckpointServiceBlockingStub checkpoint;
    private final Duration timeout;

    /** @param timeout for one question; a checkpoint service that restarts within it is waited for */
    public CheckpointClient(ManagedChannel channel, Duration timeout) {
        this.channel = channel;
        this.checkpoint = CheckpointServiceGrpc.newBlockingStub(channel).withWaitForReady();
        this.timeout = timeout;
    }

    @Override
    public ModelVersion find(String name) {
        Channels.wake(channel);
        boolean isCheckpoint = ResourceName.relative(name).startsWith("runs/");
        String kind = isCheckpoint ? "a checkpoint" : "a model version";
        try {
            return isCheckpoint ? checkpoint(name) : modelVersion(name);
        } catch (StatusRuntimeException e) {
            switch (e.getStatus().getCode()) {
                case NOT_FOUND -> throw new Refusal(MODEL_MISSING, name + ": not found (expected: " + kind + ")", e);
                case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED ->
                    throw new Refusal(CHECKPOINT_UNAVAILABLE, "the checkpoint service did not answer", e);
                default -> throw GrpcFaults.toRefusal(e);
            }
        }
    }

    private ModelVersion modelVersion(String name) {
        io.maru.checkpoint.v1.ModelVersion version = within().getModelVersion(
                        GetModelVersionRequest.newBuilder().setName(name).build());
        if (version.getState() == io.maru.checkpoint.v1.ModelVersion.State.CORRUPT) {
            throw MODEL_UNUSABLE.because("%s: %s (expected: ACTIVE)", version.getName(), version.getState());
        }
        return new ModelVersion(version.getName(), version.getManifestSha256(), files(version.getFilesList()));
    }

    private ModelVersion checkpoint(String name) {
        Checkpoint found = within().getCheckpoint(
                        GetCheckpointRequest.newBuilder().setName(name).build());
        switch (found.getState()) {
            case ACTIVE -> {}
            case DELETED -> throw MODEL_MISSING.because("%s: its files were deleted (expected: a kept one)", name);
            case CORRUPT, STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw MODEL_UNUSABLE.because("%s: %s (expected: ACTIVE)", name, found.getState());
        }
        return new ModelVersion(
                found.getName(),
                found.getManifestSha256(),
                // Moments are twice as large as the weights, and nothing here reads them.
                files(found.getFilesList()).stream()
                        .filter(file -> !TRAININGS_OWN.contains(file.name()))
                        .toList());
    }

    private CheckpointServiceBlockingStub within() {
        return checkpoint.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static List<ModelVersion.File> files(List<StoredFile> files) {
        return files.stream()
                .map(file -> new ModelVersion.File(file.getFileName(), file.getSize(), file.getSha256()))
                .toList();
    }
}
