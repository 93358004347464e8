package io.maru.control.neighbour;

import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import io.maru.evaluation.v1.CancelEvaluationRequest;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.EvaluationServiceGrpc.EvaluationServiceBlockingStub;
import io.maru.evaluation.v1.EvaluationSpec;
import io.maru.evaluation.v1.GetEvaluationRequest;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** The model version is scored on the dataset's validation split. */
public final class EvaluateStage extends ResourceStage<Evaluation, EvaluationServiceBlockingStub> {
    public EvaluateStage(EvaluationServiceBlockingStub stub, Duration deadline) {
        super("maru.evaluation", Result.EVALUATION, "evaluations", stub, deadline);
    }

    @Override
    Evaluation create(EvaluationServiceBlockingStub service, Run run, Recipe recipe) {
        return service.createEvaluation(CreateEvaluationRequest.newBuilder()
                .setRequestId(Stage.EVALUATE.requestId(run.name()))
                .setEvaluationId(run.id())
                .setModelVersion(run.need(Result.MODEL_VERSION))
                .setDataset(run.need(Result.DATASET))
                .setSpec(spec(recipe.evaluation().maxTokens()))
                .setRun(run.name())
                .build());
    }

    private static EvaluationSpec spec(long maxTokens) {
        return maxTokens == 0
                ? EvaluationSpec.getDefaultInstance()
                : EvaluationSpec.newBuilder().setMaxTokens(maxTokens).build();
    }

    @Override
    Evaluation get(EvaluationServiceBlockingStub service, String name) {
        return service.getEvaluation(
                GetEvaluationRequest.newBuilder().setName(name).build());
    }

    @Override
    Evaluation cancel(EvaluationServiceBlockingStub service, String name) {
        return service.cancelEvaluation(
                CancelEvaluationRequest.newBuilder().setName(name).build());
    }

    @Override
    Report report(Evaluation evaluation) {
        String name = evaluation.getName();
        Progress progress = Progress.of(evaluation.getScoredTokens(), evaluation.getTokens(), "tokens");
        return switch (evaluation.getState()) {
            case PENDING, RUNNING, CANCELLING -> new Report.Working(progress, made(name));
            case SUCCEEDED ->
                new Report.Finished(
                        progress,
                        Map.of(
                                Result.EVALUATION,
                                name,
                                Result.PERPLEXITY,
                                Double.toString(evaluation.getPerplexity()),
                                Result.BITS_PER_BYTE,
                                Double.toString(evaluation.getBitsPerByte())),
                        String.format(
                                Locale.ROOT,
                                "%s: perplexity %.3f, %.4f bits per byte over %d tokens",
                                name,
                                evaluation.getPerplexity(),
                                evaluation.getBitsPerByte(),
                                evaluation.getScoredTokens()));
            case FAILED -> failed(evaluation.getFailureReason(), evaluation.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, evaluation.getState());
        };
    }
}
