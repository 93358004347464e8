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
import io.maru.training.v1.ModelSpec;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import io.maru.training.v1.TrainingSpec;
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
                .setModel(model(recipe.model()))
                .setTraining(training(recipe.training()))
                .setRecipe(run.recipe())
                .build());
    }

    private static ModelSpec model(Recipe.Model model) {
        return ModelSpec.newBuilder()
                .setLayers(model.layers())
                .setHeads(model.heads())
                .setWidth(model.width())
                .setBlock(model.block())
                .setFamily(
                        switch (model.family()) {
                            case GPT2 -> ModelSpec.Family.GPT2;
                            case LLAMA -> ModelSpec.Family.LLAMA;
                        })
                .setKeyValueHeads(model.keyValueHeads())
                .setInnerWidth(model.intermediate())
                .setOwnHead(model.ownHead())
                .build();
    }

    private static TrainingSpec training(Recipe.Training training) {
        return TrainingSpec.newBuilder()
                .setSteps(training.steps())
                .setBatch(training.batch())
                .setLearningRate(training.learningRate())
                .setMinLearningRate(training.minLearningRate())
                .setWarmupSteps(training.warmupSteps())
                .setWeightDecay(training.weightDecay())
                .setBeta1(training.beta1())
                .setBeta2(training.beta2())
                .setGradientClip(training.gradientClip())
                .setSeed(training.seed())
                .setValidateEvery(training.validateEvery())
                .setValidationBatches(training.validationBatches())
                .setCheckpointEvery(training.checkpointEvery())
                .setDecay(
                        switch (training.schedule()) {
                            case COSINE -> TrainingSpec.Decay.COSINE;
                            case LINEAR -> TrainingSpec.Decay.LINEAR;
                            case WSD -> TrainingSpec.Decay.WSD;
                            case CONSTANT -> TrainingSpec.Decay.CONSTANT;
                        })
                .setPrecision(
                        switch (training.precision()) {
                            case FLOAT32 -> TrainingSpec.Precision.FLOAT32;
                            case BFLOAT16 -> TrainingSpec.Precision.BFLOAT16;
                        })
                .setRecompute(
                        switch (training.recompute()) {
                            case NONE -> TrainingSpec.Recompute.NOTHING;
                            case BLOCKS -> TrainingSpec.Recompute.BLOCKS;
                        })
                .setDropout(training.dropout())
                .setAccumulation(training.accumulation())
                .setDevices(training.devices())
                .setWorkers(training.workers())
                .build();
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
            case PENDING, RUNNING, PAUSING, CANCELLING -> new Report.Working(progress(job), false, made(name));
            case PAUSED -> new Report.Working(progress(job), true, made(name));
            case SUCCEEDED ->
                new Report.Finished(
                        progress(job),
                        Map.of(
                                Result.TRAINING_JOB,
                                name,
                                Result.CHECKPOINT,
                                job.getLastCheckpoint(),
                                Result.VALIDATION_LOSS,
                                Double.toString(job.getValidationLoss())),
                        String.format(
                                Locale.ROOT,
                                "%s: %d steps, %d parameters, validation loss %.4f",
                                job.getLastCheckpoint(),
                                job.getStep(),
                                job.getParameters(),
                                job.getValidationLoss()));
            case FAILED -> failed(job.getFailureReason(), job.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, job.getState());
        };
    }

    private static Progress progress(TrainingJob job) {
        double tokensPerSecond = job.getTokensPerSecond();
        double tokensPerStep =
                (double) job.getTraining().getBatch() * job.getModel().getBlock();
        long left = job.getTraining().getSteps() - job.getStep();
        // The job's own speed, since the stage may have waited for a worker, or been paused.
        return new Progress(
                job.getStep(),
                job.getTraining().getSteps(),
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
