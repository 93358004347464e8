package io.maru.evaluation.grpc;

import io.grpc.ServerServiceDefinition;
import io.maru.evaluation.app.Evaluations;
import io.maru.evaluation.v1.CancelEvaluationRequest;
import io.maru.evaluation.v1.CheckEvaluationSpecRequest;
import io.maru.evaluation.v1.CheckEvaluationSpecResponse;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.GetEvaluationRequest;
import io.maru.evaluation.v1.ListEvaluationsRequest;
import io.maru.evaluation.v1.ListEvaluationsResponse;
import io.maru.evaluation.v1.MutinyEvaluationServiceGrpc;
import io.maru.evaluation.v1.WatchEvaluationRequest;
import io.maru.platform.caller.Caller;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.maru.platform.grpc.Watch;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** Answers the calls of {@code EvaluationService}. */
@GrpcService
@Blocking
class EvaluationGrpc extends MutinyEvaluationServiceGrpc.EvaluationServiceImplBase {
    private final Evaluations evaluations;
    private final Duration watchInterval;

    EvaluationGrpc(Evaluations evaluations, WatchSettings watch) {
        this.evaluations = evaluations;
        this.watchInterval = watch.interval();
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
    }

    @Override
    public Uni<Evaluation> createEvaluation(CreateEvaluationRequest request) {
        boolean nameIsGiven = !request.getEvaluationId().isEmpty();
        return answer(evaluations.create(EvaluationMapping.fromProto(request), nameIsGiven));
    }

    @Override
    public Uni<CheckEvaluationSpecResponse> checkEvaluationSpec(CheckEvaluationSpecRequest request) {
        EvaluationMapping.checkSpec(request.getSpec());
        return Uni.createFrom().item(CheckEvaluationSpecResponse.getDefaultInstance());
    }

    @Override
    public Uni<Evaluation> getEvaluation(GetEvaluationRequest request) {
        return answer(evaluations.get(EvaluationMapping.name(request.getName())));
    }

    @Override
    public Uni<ListEvaluationsResponse> listEvaluations(ListEvaluationsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        Page.Result<io.maru.evaluation.domain.Evaluation> result = page.cut(
                evaluations.list(Caller.current().workspace(), page.after(), page.size() + 1),
                io.maru.evaluation.domain.Evaluation::sequence);
        ListEvaluationsResponse.Builder response =
                ListEvaluationsResponse.newBuilder().setNextPageToken(result.nextToken());
        result.items().forEach(evaluation -> response.addEvaluations(EvaluationMapping.toProto(evaluation)));
        return Uni.createFrom().item(response.build());
    }

    @Override
    public Multi<Evaluation> watchEvaluation(WatchEvaluationRequest request) {
        String name = EvaluationMapping.name(request.getName());
        return Watch.resource(
                        request.getAfterRevision(),
                        watchInterval,
                        () -> evaluations.get(name),
                        io.maru.evaluation.domain.Evaluation::revision,
                        evaluation -> evaluation.state().isFinal())
                .map(EvaluationMapping::toProto);
    }

    @Override
    public Uni<Evaluation> cancelEvaluation(CancelEvaluationRequest request) {
        return answer(evaluations.cancel(EvaluationMapping.name(request.getName())));
    }

    private static Uni<Evaluation> answer(io.maru.evaluation.domain.Evaluation evaluation) {
        return Uni.createFrom().item(EvaluationMapping.toProto(evaluation));
    }
}
