package io.maru.control.neighbour;

import static io.maru.control.domain.ControlReason.RECIPE_INVALID;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.control.app.TrainingCheck;
import io.maru.control.domain.Recipe;
import io.maru.platform.error.Refusal;
import io.maru.training.v1.CheckTrainingSpecRequest;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Asks training about a recipe before its run is queued. While training is down nobody can say, and the run is queued: it
 * will be told when its turn comes.
 */
public final class TrainingDoor implements TrainingCheck {
    private static final System.Logger log = System.getLogger(TrainingDoor.class.getName());

    private final TrainingServiceBlockingStub stub;
    private final Duration deadline;

    /** @param deadline of each call */
    public TrainingDoor(TrainingServiceBlockingStub stub, Duration deadline) {
        this.stub = stub;
        this.deadline = deadline;
    }

    @Override
    public void check(Recipe recipe, int vocabulary) {
        try {
            stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                    .checkTrainingSpec(CheckTrainingSpecRequest.newBuilder()
                            .setSpec(TrainingWords.training(recipe))
                            .setVocabularySize(vocabulary)
                            .build());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                throw new Refusal(
                        RECIPE_INVALID, TrainingWords.inARecipe(e.getStatus().getDescription()), e);
            }
            log.log(System.Logger.Level.WARNING, "training did not check a recipe: {0}", e.getMessage());
        }
    }
}
