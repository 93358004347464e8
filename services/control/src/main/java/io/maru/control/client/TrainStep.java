package io.maru.control.client;

import static io.maru.control.domain.ControlReason.NEIGHBOUR_UNAVAILABLE;
import static io.maru.control.domain.ControlReason.WRONG_STATE;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.training.v1.CancelTrainingJobRequest;
import io.maru.training.v1.CheckTrainingSpecRequest;
import io.maru.training.v1.CheckTrainingSpecResponse;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.PauseTrainingJobRequest;
import io.maru.training.v1.ResumeTrainingJobRequest;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import io.maru.training.v1.TrainingSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** A dataset becomes checkpoints. */
public final class TrainStep extends ResourceStep<TrainingJob, TrainingSpec, TrainingServiceBlockingStub> {
    private static final String INIT = "init";

    private final Neighbour<TokenizationServiceBlockingStub> tokenization;

    /** @param tokenization tells which tokenizer made a dataset, which every checkpoint says for those who go on from it */
    public TrainStep(
            TrainingServiceBlockingStub stub, TokenizationServiceBlockingStub tokenization, Duration deadline) {
        super(
                new StepKind(
                        "train",
                        List.of(Input.needed(Role.DATASET), Input.optional(INIT, Role.MODEL, Role.CHECKPOINT)),
                        List.of(Role.TRAINING_JOB, Role.CHECKPOINT)),
                Role.TRAINING_JOB,
                "trainingJobs",
                TrainingSpec.getDefaultInstance(),
                "maru.training",
                stub,
                deadline);
        this.tokenization = new Neighbour<>("maru.tokenization", tokenization, deadline);
    }

    @Override
    Map<String, Double> check(TrainingServiceBlockingStub service, TrainingSpec spec, Draft draft) {
        CheckTrainingSpecRequest.Builder request = CheckTrainingSpecRequest.newBuilder()
                .setSpec(spec)
                .setInit(draft.inputs().getOrDefault(INIT, ""))
                .setVocabularySize(
                        draft.expected().getOrDefault("vocabulary_size", 0.0).intValue());
        known(draft, "train_bytes").ifPresent(request::setTrainBytes);
        known(draft, "validation_bytes").ifPresent(request::setValidationBytes);
        CheckTrainingSpecResponse checked = service.checkTrainingSpec(request.build());
        Map<String, Double> known = new HashMap<>();
        if (checked.getParameters() > 0) {
            known.put("parameters", (double) checked.getParameters());
        }
        if (spec.getModel().hasBlock()) {
            known.put("block", (double) spec.getModel().getBlock());
        }
        return known;
    }

    private static OptionalLong known(Draft draft, String name) {
        Double number = draft.expected().get(name);
        return number == null ? OptionalLong.empty() : OptionalLong.of(number.longValue());
    }

    @Override
    TrainingJob create(TrainingServiceBlockingStub service, Attempt attempt, TrainingSpec spec) {
        return service.createTrainingJob(CreateTrainingJobRequest.newBuilder()
                .setRequestId(attempt.requestId())
                .setJobId(attempt.id())
                .setRun(attempt.run())
                .setTraining(attempt.label())
                .setDataset(attempt.need(Role.DATASET))
                .setTokenizer(tokenizer(attempt.need(Role.DATASET)))
                .setInit(attempt.input(INIT).orElse(""))
                .setSpec(spec)
                .setRecipe(attempt.recipe())
                .setPriority(attempt.priority())
                .build());
    }

    private String tokenizer(String dataset) {
        return tokenization
                .service()
                .getDataset(GetDatasetRequest.newBuilder().setName(dataset).build())
                .getTokenizer();
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

    private static Report finished(TrainingJob job) {
        return new Report.Finished(
                progress(job),
                Map.of(Role.TRAINING_JOB, job.getName(), Role.CHECKPOINT, job.getResultCheckpoint()),
                Map.of(
                        "validation_loss", job.getResultValidationLoss(),
                        "steps", (double) job.getStep(),
                        "parameters", (double) job.getParameters()),
                String.format(
                        Locale.ROOT,
                        "%s after %d steps: %d parameters, validation loss %.4f",
                        job.getResultCheckpoint(),
                        job.getStep(),
                        job.getParameters(),
                        job.getResultValidationLoss()));
    }

    private static Progress progress(TrainingJob job) {
        double tokensPerSecond = job.getTokensPerSecond();
        double tokensLeft = (double) (job.getSteps() - job.getStep()) * job.getStepTokens();
        Map<String, Double> numbers = new HashMap<>();
        putMeasured(numbers, "loss", job.getLoss());
        putMeasured(numbers, "validation_loss", job.getValidationLoss());
        putMeasured(numbers, "tokens_per_second", tokensPerSecond);
        // The job's own speed, since the step may have waited for a worker, or been paused.
        return new Progress(
                job.getStep(),
                job.getSteps(),
                "steps",
                numbers,
                tokensPerSecond > 0 ? OptionalDouble.of(tokensLeft / tokensPerSecond) : OptionalDouble.empty());
    }

    /** Zero stands for what was not measured yet. */
    private static void putMeasured(Map<String, Double> numbers, String name, double value) {
        if (value != 0) {
            numbers.put(name, value);
        }
    }

    @Override
    public boolean canPause() {
        return true;
    }

    @Override
    public void pause(Attempt attempt) {
        String job = attempt.made().get(Role.TRAINING_JOB);
        ask(
                job,
                service -> service.pauseTrainingJob(
                        PauseTrainingJobRequest.newBuilder().setName(job).build()));
    }

    @Override
    public void resume(Attempt attempt) {
        String job = attempt.made().get(Role.TRAINING_JOB);
        ask(
                job,
                service -> service.resumeTrainingJob(
                        ResumeTrainingJobRequest.newBuilder().setName(job).build()));
    }

    private void ask(String job, Consumer<TrainingServiceBlockingStub> call) {
        try {
            call.accept(neighbour().service());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION) {
                // A job that is still on its way to PAUSED, or over: in training's own words.
                throw new Refusal(WRONG_STATE, e.getStatus().getDescription(), e);
            }
            throw new Refusal(
                    NEIGHBOUR_UNAVAILABLE, "training did not take the request for %s; try again".formatted(job), e);
        }
    }
}
