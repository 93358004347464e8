package io.maru.inference.grpc;

import static io.maru.inference.domain.InferenceReason.CHECKPOINT_UNAVAILABLE;
import static io.maru.inference.domain.InferenceReason.MODEL_MISSING;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.inference.app.ModelCatalogue;
import io.maru.inference.domain.ModelVersion;
import io.maru.platform.error.Refusal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** {@link ModelCatalogue} of the checkpoint service. */
public final class CheckpointClient implements ModelCatalogue {
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
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            // After a long outage the channel would not look for up to two minutes.
            channel.resetConnectBackoff();
        }
        io.maru.checkpoint.v1.ModelVersion version;
        try {
            version = checkpoint
                    .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .getModelVersion(
                            GetModelVersionRequest.newBuilder().setName(name).build());
        } catch (StatusRuntimeException e) {
            switch (e.getStatus().getCode()) {
                case NOT_FOUND -> throw new Refusal(MODEL_MISSING, name + ": not found (expected: a model version)", e);
                case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED ->
                    throw new Refusal(CHECKPOINT_UNAVAILABLE, "the checkpoint service did not answer", e);
                default -> throw e;
            }
        }
        return new ModelVersion(
                version.getName(),
                version.getManifestSha256(),
                version.getFilesList().stream()
                        .map(file -> new ModelVersion.File(file.getFileName(), file.getSize(), file.getSha256()))
                        .toList());
    }
}
