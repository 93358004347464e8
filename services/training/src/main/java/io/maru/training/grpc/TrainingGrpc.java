package io.maru.training.grpc;

import static io.maru.training.grpc.TrainingMapping.jobName;
import static io.maru.training.grpc.TrainingMapping.toProto;

import io.grpc.ServerServiceDefinition;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.maru.platform.grpc.Watch;
import io.maru.platform.name.ResourceName;
import io.maru.training.app.TextTraces;
import io.maru.training.app.TrainingJobCatalog.Numbered;
import io.maru.training.app.TrainingJobs;
import io.maru.training.domain.TextSizes;
import io.maru.training.domain.TrainingJob.Command;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.v1.CancelTrainingJobRequest;
import io.maru.training.v1.CheckTrainingSpecRequest;
import io.maru.training.v1.CheckTrainingSpecResponse;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.GetTrainingHistoryRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.ListTrainingJobsRequest;
import io.maru.training.v1.ListTrainingJobsResponse;
import io.maru.training.v1.MutinyTrainingServiceGrpc;
import io.maru.training.v1.PauseTrainingJobRequest;
import io.maru.training.v1.ResumeTrainingJobRequest;
import io.maru.training.v1.TraceTextRequest;
import io.maru.training.v1.TraceTextResponse;
import io.maru.training.v1.TrainingHistory;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingMeasurement;
import io.maru.training.v1.WatchTrainingRequest;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Answers the calls of training.proto. */
@GrpcService
class TrainingGrpc extends MutinyTrainingServiceGrpc.TrainingServiceImplBase {
    private static final Duration WATCH_INTERVAL = Duration.ofMillis(250);
    private static final int WATCH_BATCH = 500;
    private static final int MAX_POINTS = 10_000;
    private static final int USUAL_POINTS = 100;

    private static final int MAX_STEPS = 10_000;

    private final TrainingJobs jobs;
    private final TextTraces traces;

    TrainingGrpc(TrainingJobs jobs, TextTraces traces) {
        this.jobs = jobs;
        this.traces = traces;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
    }

    @Override
    @Blocking
    public Uni<TrainingJob> createTrainingJob(CreateTrainingJobRequest request) {
        String requestKey = Caller.requestKey("CreateTrainingJob", request.getRequestId());
        String name = ResourceName.of(
                Caller.current().workspace(), "trainingJobs/" + ResourceName.idOrNew("job_id", request.getJobId()));
        Violations violations = new Violations();
        TrainingRequest asked = TrainingMapping.request(request, violations);
        return answer(jobs.create(requestKey, name, asked, violations));
    }

    @Override
    @Blocking
    public Uni<CheckTrainingSpecResponse> checkTrainingSpec(CheckTrainingSpecRequest request) {
        if (request.getVocabularySize() < 0) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "vocabulary_size: %d (expected: >= 0)", request.getVocabularySize());
        }
        Violations violations = new Violations();
        var spec = TrainingMapping.spec(request.getSpec(), violations);
        new TextSizes(
                        request.hasTrainBytes() ? OptionalLong.of(request.getTrainBytes()) : OptionalLong.empty(),
                        request.hasValidationBytes()
                                ? OptionalLong.of(request.getValidationBytes())
                                : OptionalLong.empty())
                .check(spec.model(), violations);
        return Uni.createFrom()
                .item(toProto(jobs.check(
                        spec,
                        !request.getInit().isEmpty(),
                        TrainingMapping.init(request.getInit()),
                        request.getVocabularySize(),
                        violations)));
    }

    @Override
    @Blocking
    public Uni<TrainingJob> getTrainingJob(GetTrainingJobRequest request) {
        return answer(jobs.get(jobName(request.getName())));
    }

    @Override
    @Blocking
    public Uni<ListTrainingJobsResponse> listTrainingJobs(ListTrainingJobsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        var result = page.cut(
                jobs.list(Caller.current().workspace(), page.after(), page.size() + 1),
                io.maru.training.domain.TrainingJob::sequence);
        return Uni.createFrom()
                .item(ListTrainingJobsResponse.newBuilder()
                        .addAllTrainingJobs(result.items().stream()
                                .map(TrainingMapping::toProto)
                                .toList())
                        .setNextPageToken(result.nextToken())
                        .build());
    }

    @Override
    @Blocking
    public Multi<TrainingMeasurement> watchTraining(WatchTrainingRequest request) {
        String name = jobName(request.getName());
        if (request.getAfterSequence() < 0) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "after_sequence: %d (expected: >= 0)", request.getAfterSequence());
        }
        jobs.get(name);
        return Watch.stream(
                        request.getAfterSequence(),
                        WATCH_INTERVAL,
                        after -> watch(name, after),
                        Watched::sequence,
                        watched -> watched.measured().isEmpty())
                .filter(watched -> watched.measured().isPresent())
                .map(watched -> toProto(watched.measured().get()));
    }

    @Override
    @Blocking
    public Uni<TrainingHistory> getTrainingHistory(GetTrainingHistoryRequest request) {
        int limit = request.getMaxPoints();
        if (limit < 0 || limit > MAX_POINTS) {
            throw CommonReason.INVALID_ARGUMENT.because("max_points: %d (expected: 0 to %d)", limit, MAX_POINTS);
        }
        return Uni.createFrom()
                .item(toProto(jobs.history(jobName(request.getName()), limit == 0 ? USUAL_POINTS : limit)));
    }

    @Override
    @Blocking
    public Uni<TraceTextResponse> traceText(TraceTextRequest request) {
        TraceTextResponse.Builder response = TraceTextResponse.newBuilder();
        traces.of(
                        Caller.current().workspace(),
                        ResourceName.full("dataset", request.getDataset(), "datasets/{dataset}"),
                        request.getShard(),
                        request.getIndex())
                .forEach(use -> response.addUsesBuilder()
                        .setJob(toProto(use.job()).toBuilder().clearChoices())
                        .addAllSteps(use.steps()
                                .subList(0, Math.min(MAX_STEPS, use.steps().size())))
                        .setStepCount(use.steps().size()));
        return Uni.createFrom().item(response.build());
    }

    @Override
    @Blocking
    public Uni<TrainingJob> pauseTrainingJob(PauseTrainingJobRequest request) {
        return answer(jobs.change(jobName(request.getName()), Command.PAUSE));
    }

    @Override
    @Blocking
    public Uni<TrainingJob> resumeTrainingJob(ResumeTrainingJobRequest request) {
        return answer(jobs.change(jobName(request.getName()), Command.RESUME));
    }

    @Override
    @Blocking
    public Uni<TrainingJob> cancelTrainingJob(CancelTrainingJobRequest request) {
        return answer(jobs.change(jobName(request.getName()), Command.CANCEL));
    }

    /** Holds a measurement, or the news that no other will follow. */
    private record Watched(long sequence, Optional<Numbered> measured) {}

    private List<Watched> watch(String name, long after) {
        // The state first: what is measured before a final state is there once the state is.
        boolean ended = jobs.get(name).state().isFinal();
        List<Watched> found = new ArrayList<>();
        jobs.measurements(name, after, WATCH_BATCH)
                .forEach(numbered -> found.add(new Watched(numbered.sequence(), Optional.of(numbered))));
        if (ended && found.size() < WATCH_BATCH) {
            found.add(new Watched(
                    found.isEmpty() ? after : found.get(found.size() - 1).sequence(), Optional.empty()));
        }
        return found;
    }

    private static Uni<TrainingJob> answer(io.maru.training.domain.TrainingJob job) {
        return Uni.createFrom().item(toProto(job));
    }
}
