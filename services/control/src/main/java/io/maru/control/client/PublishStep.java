package io.maru.control.client;

import io.maru.checkpoint.v1.CheckPublicationSpecRequest;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.checkpoint.v1.PublicationSpec;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.platform.name.ResourceName;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A checkpoint becomes the next version of a model. */
public final class PublishStep extends ServiceStep<PublicationSpec, CheckpointServiceBlockingStub> {
    /** @param deadline long enough to copy a model within the object store */
    public PublishStep(CheckpointServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind(
                        "publish",
                        List.of(Input.needed(Role.CHECKPOINT), Input.target(Role.MODEL)),
                        List.of(Role.MODEL)),
                PublicationSpec.getDefaultInstance(),
                "maru.checkpoint",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(CheckpointServiceBlockingStub service, PublicationSpec spec, Draft draft) {
        service.checkPublicationSpec(
                CheckPublicationSpecRequest.newBuilder().setSpec(spec).build());
        return Map.of();
    }

    @Override
    public Report advance(Attempt attempt) {
        return neighbour().ask(service -> {
            ModelVersion version = service.promoteCheckpoint(PromoteCheckpointRequest.newBuilder()
                    .setRequestId(attempt.requestId())
                    .setCheckpoint(attempt.need(Role.CHECKPOINT))
                    .setModelId(ResourceName.last(attempt.need(Role.MODEL)))
                    .setSpec(spec(attempt))
                    .build());
            return new Report.Finished(
                    Progress.NONE,
                    Map.of(Role.MODEL, version.getName()),
                    Map.of(),
                    "%s: made of %s".formatted(version.getName(), version.getCheckpoint()));
        });
    }

    /** Publishing happens whole or not at all, so there is nothing to stop. */
    @Override
    public Report cancel(Attempt attempt) {
        return new Report.Cancelled("cancelled at publishing");
    }

    @Override
    public boolean isLongCall() {
        return true;
    }
}
