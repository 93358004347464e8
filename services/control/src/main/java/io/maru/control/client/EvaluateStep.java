package io.maru.control.client;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.evaluation.v1.CancelEvaluationRequest;
import io.maru.evaluation.v1.CheckEvaluationSpecRequest;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.EvaluationServiceGrpc.EvaluationServiceBlockingStub;
import io.maru.evaluation.v1.EvaluationSpec;
import io.maru.evaluation.v1.GetEvaluationRequest;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A model version is scored on a dataset's validation split. */
public final class EvaluateStep extends ResourceStep<Evaluation, EvaluationSpec, EvaluationServiceBlockingStub> {
    public EvaluateStep(EvaluationServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind(
                        "evaluate",
                        List.of(Input.needed(Role.MODEL), Input.needed(Role.DATASET)),
                        List.of(Role.EVALUATION)),
                Role.EVALUATION,
                "evaluations",
                EvaluationSpec.getDefaultInstance(),
                "maru.evaluation",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(EvaluationServiceBlockingStub service, EvaluationSpec spec, Draft draft) {
        service.checkEvaluationSpec(
                CheckEvaluationSpecRequest.newBuilder().setSpec(spec).build());
        return Map.of();
    }

    @Override
    Evaluation create(EvaluationServiceBlockingStub service, Attempt attempt, EvaluationSpec spec) {
        return service.createEvaluation(CreateEvaluationRequest.newBuilder()
                .setRequestId(attempt.requestId())
                .setEvaluationId(attempt.id())
                .setModelVersion(attempt.need(Role.MODEL))
                .setDataset(attempt.need(Role.DATASET))
                .setSpec(spec)
                .setRun(attempt.run())
                .setPriority(attempt.priority())
                .build());
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
                        made(name),
                        Map.of(
                                "perplexity", evaluation.getPerplexity(),
                                "bits_per_byte", evaluation.getBitsPerByte(),
                                "scored_tokens", (double) evaluation.getScoredTokens()),
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
