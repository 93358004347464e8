package io.maru.control.neighbour;

import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.control.app.StageWork;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import java.time.Duration;
import java.util.Map;

/** The last checkpoint becomes the next version of the model that the recipe names. */
public final class PublishStage implements StageWork {
    private final Neighbour<CheckpointServiceBlockingStub> neighbour;

    /** @param deadline long enough to copy a model within the object store */
    public PublishStage(CheckpointServiceBlockingStub stub, Duration deadline) {
        this.neighbour = new Neighbour<>("maru.checkpoint", stub, deadline);
    }

    @Override
    public Report advance(Run run, Recipe recipe) {
        return neighbour.ask(service -> {
            ModelVersion version = service.promoteCheckpoint(PromoteCheckpointRequest.newBuilder()
                    .setRequestId(Stage.PUBLISH.requestId(run.name()))
                    .setCheckpoint(run.need(Result.CHECKPOINT))
                    .setModelId(recipe.name())
                    .build());
            return new Report.Finished(
                    Progress.NONE,
                    Map.of(Result.MODEL_VERSION, version.getName()),
                    "%s: made of %s".formatted(version.getName(), version.getCheckpoint()));
        });
    }

    /** Publishing happens whole or not at all, so there is nothing to stop. */
    @Override
    public Report cancel(Run run) {
        return new Report.Cancelled("cancelled at publishing");
    }
}
