package io.maru.evaluation.grpc;

import io.maru.evaluation.domain.NewEvaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.EvaluationSpec;
import io.maru.metrics.LanguageModelScore;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;

/** Translates between the words of the wire and those of the domain. */
final class EvaluationMapping {
    private static final String NAME = "evaluations/{evaluation}";

    private EvaluationMapping() {}

    static String name(String name) {
        return ResourceName.full("name", name, NAME);
    }

    static void checkSpec(EvaluationSpec spec) {
        Violations violations = new Violations();
        Spec.check(spec, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
    }

    static NewEvaluation fromProto(CreateEvaluationRequest request) {
        checkSpec(request.getSpec());
        return new NewEvaluation(
                Caller.requestKey("CreateEvaluation", request.getRequestId()),
                ResourceName.of(
                        Caller.current().workspace(),
                        "evaluations/" + ResourceName.idOrNew("evaluation_id", request.getEvaluationId())),
                ResourceName.full("model_version", request.getModelVersion(), "models/{model}/versions/{version}"),
                ResourceName.full("dataset", request.getDataset(), "datasets/{dataset}"),
                request.getSpec().getMaxTokens(),
                request.getRun().isEmpty() ? "" : ResourceName.full("run", request.getRun(), "runs/{run}"),
                request.getPriority());
    }

    static Evaluation toProto(io.maru.evaluation.domain.Evaluation evaluation) {
        LanguageModelScore score = evaluation.tally().score();
        Evaluation.Builder proto = Evaluation.newBuilder()
                .setName(evaluation.name())
                .setState(toProto(evaluation.state()))
                .setModelVersion(evaluation.modelVersion())
                .setDataset(evaluation.dataset())
                .setTokens(evaluation.tokens())
                .setScoredTokens(score.tokens())
                .setScoredBytes(score.bytes())
                .setFailureReason(evaluation.failureReason())
                .setFailureMessage(evaluation.failureMessage())
                .setCreateTime(Timestamps.toProto(evaluation.createTime()))
                .setUpdateTime(Timestamps.toProto(evaluation.updateTime()))
                .setRevision(evaluation.revision())
                .setSpec(spec(evaluation))
                .setRun(evaluation.run())
                .setPriority(evaluation.priority());
        // A figure of a part of the split would be taken for one of the whole.
        if (evaluation.state() == State.SUCCEEDED) {
            proto.setCrossEntropy(score.crossEntropy())
                    .setPerplexity(score.perplexity())
                    .setBitsPerByte(score.bitsPerByte());
        }
        return proto.build();
    }

    private static EvaluationSpec spec(io.maru.evaluation.domain.Evaluation evaluation) {
        EvaluationSpec.Builder spec = EvaluationSpec.newBuilder();
        if (evaluation.maxTokens() > 0) {
            spec.setMaxTokens(evaluation.maxTokens());
        }
        return spec.build();
    }

    private static Evaluation.State toProto(State state) {
        return switch (state) {
            case PENDING -> Evaluation.State.PENDING;
            case RUNNING -> Evaluation.State.RUNNING;
            case SUCCEEDED -> Evaluation.State.SUCCEEDED;
            case FAILED -> Evaluation.State.FAILED;
            case CANCELLING -> Evaluation.State.CANCELLING;
            case CANCELLED -> Evaluation.State.CANCELLED;
        };
    }
}
