package io.maru.control.neighbour;

import static io.maru.control.domain.ControlReason.TRAINING_UNAVAILABLE;
import static io.maru.control.domain.ControlReason.WRONG_STATE;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.control.app.PausableTraining;
import io.maru.platform.error.Refusal;
import io.maru.training.v1.PauseTrainingJobRequest;
import io.maru.training.v1.ResumeTrainingJobRequest;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The jobs that training has. */
public final class TrainingPauses implements PausableTraining {
    private final TrainingServiceBlockingStub stub;
    private final Duration deadline;

    /** @param deadline of each call */
    public TrainingPauses(TrainingServiceBlockingStub stub, Duration deadline) {
        this.stub = stub;
        this.deadline = deadline;
    }

    @Override
    public void pause(String job) {
        ask(
                job,
                service -> service.pauseTrainingJob(
                        PauseTrainingJobRequest.newBuilder().setName(job).build()));
    }

    @Override
    public void resume(String job) {
        ask(
                job,
                service -> service.resumeTrainingJob(
                        ResumeTrainingJobRequest.newBuilder().setName(job).build()));
    }

    private void ask(String job, Consumer<TrainingServiceBlockingStub> call) {
        try {
            call.accept(stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION) {
                // A job that is still on its way to PAUSED, or over: in training's own words.
                throw new Refusal(WRONG_STATE, e.getStatus().getDescription(), e);
            }
            throw new Refusal(
                    TRAINING_UNAVAILABLE, "training did not take the wish for %s; try again".formatted(job), e);
        }
    }
}
