package io.maru.control.neighbour;

import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import io.maru.training.v1.CancelTrainingJobRequest;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** A dataset becomes checkpoints. */
public final class TrainStage extends ResourceStage<TrainingJob, TrainingServiceBlockingStub> {
    public TrainStage(TrainingServiceBlockingStub stub, Duration deadline) {
        super("maru.training", Result.TRAINING_JOB, "trainingJobs", stub, deadline);
    }

    @Override
    TrainingJob create(TrainingServiceBlockingStub service, Run run, Recipe recipe) {
        return service.createTrainingJob(CreateTrainingJobRequest.newBuilder()
                .setRequestId(Stage.TRAIN.requestId(run.name()))
                .setJobId(run.id())
                .setRun(run.name())
                .setDataset(run.need(Result.DATASET))
                .setSpec(TrainingWords.training(recipe))
                .setRecipe(run.recipe())
                .build());
    }

    @Override
    TrainingJob get(TrainingServiceBlockingStub service, String name) {
        return service.getTrainingJob(
                GetTrainingJobRequest.newBuilder().setName(name).build());
    }

    @Override
    TrainingJob cancel(TrainingServiceBlockingStub service, String name) {
        return service.cancelTrainingJob(
                CancelTrainingJobRequest.newBuilder().setName(name).build());
    }

    @Override
    Report report(TrainingJob job) {
        String name = job.getName();
        return switch (job.getState()) {
            case PENDING, CHECKING, RUNNING, PAUSING, CANCELLING -> new Report.Working(progress(job), made(name));
            case PAUSED ->
                new Report.Working(
                        progress(job),
                        true,
                        made(name),
                        job.getPauseReason().isEmpty() ? "as asked" : job.getPauseReason());
            case SUCCEEDED -> finished(job);
            case FAILED -> failed(job.getFailureReason(), job.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, job.getState());
        };
    }

    /** The checkpoint that is published: the best of a job that may end early, since it went on beyond that; else the last. */
    private static Report finished(TrainingJob job) {
        boolean best =
                job.getSpec().getEarlyStop() > 0 && !job.getBestCheckpoint().isEmpty();
        String checkpoint = best ? job.getBestCheckpoint() : job.getLastCheckpoint();
        double validationLoss = best ? job.getBestValidationLoss() : job.getValidationLoss();
        return new Report.Finished(
                progress(job),
                Map.of(
                        Result.TRAINING_JOB,
                        job.getName(),
                        Result.CHECKPOINT,
                        checkpoint,
                        Result.VALIDATION_LOSS,
                        Double.toString(validationLoss)),
                String.format(
                        Locale.ROOT,
                        "%s, the %s: %d steps, %d parameters, validation loss %.4f",
                        checkpoint,
                        best ? "best" : "last",
                        job.getStep(),
                        job.getParameters(),
                        validationLoss));
    }

    private static Progress progress(TrainingJob job) {
        double tokensPerSecond = job.getTokensPerSecond();
        double tokensPerStep =
                (double) job.getSpec().getBatch() * job.getSpec().getModel().getBlock();
        long left = job.getSpec().getSteps() - job.getStep();
        // The job's own speed, since the stage may have waited for a worker, or been paused.
        return new Progress(
                job.getStep(),
                job.getSpec().getSteps(),
                "steps",
                measured(job.getLoss()),
                measured(job.getValidationLoss()),
                measured(tokensPerSecond),
                tokensPerSecond > 0
                        ? OptionalDouble.of(left * tokensPerStep / tokensPerSecond)
                        : OptionalDouble.empty());
    }

    /** Zero stands for what was not measured yet. */
    private static OptionalDouble measured(double value) {
        return value == 0 ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
