package io.maru.control.grpc;

import io.grpc.ServerServiceDefinition;
import io.maru.control.app.Lineages;
import io.maru.control.app.Runs;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.v1.CancelRunRequest;
import io.maru.control.v1.CheckRecipeRequest;
import io.maru.control.v1.CheckRecipeResponse;
import io.maru.control.v1.GetLineageRequest;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.ListRunsRequest;
import io.maru.control.v1.ListRunsResponse;
import io.maru.control.v1.MutinyControlServiceGrpc;
import io.maru.control.v1.PauseRunRequest;
import io.maru.control.v1.ResumeRunRequest;
import io.maru.control.v1.RetryRunRequest;
import io.maru.control.v1.SubmitRunRequest;
import io.maru.control.v1.WatchRunRequest;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.maru.platform.grpc.Watch;
import io.maru.platform.name.ResourceName;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** The operators' front door. */
@GrpcService
public class ControlGrpc extends MutinyControlServiceGrpc.ControlServiceImplBase {
    private static final Duration WATCH_INTERVAL = Duration.ofMillis(250);
    private static final int EVENTS_AT_A_TIME = 500;

    private final Runs runs;
    private final Lineages lineages;

    ControlGrpc(Runs runs, Lineages lineages) {
        this.runs = runs;
        this.lineages = lineages;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Run> submitRun(SubmitRunRequest request) {
        Run run = runs.submit(
                workspace(),
                Caller.requestKey("SubmitRun", request.getRequestId()),
                request.getRecipe(),
                request.getSourcesList());
        return Uni.createFrom().item(RunMapping.run(run));
    }

    @Override
    @Blocking
    public Uni<CheckRecipeResponse> checkRecipe(CheckRecipeRequest request) {
        return Uni.createFrom()
                .item(RunMapping.check(runs.check(workspace(), request.getRecipe(), request.getSourceBytes())));
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Run> getRun(GetRunRequest request) {
        return Uni.createFrom().item(RunMapping.run(runs.get(name(request.getName()))));
    }

    /** A page may hold many runs, so they come without their recipes and sources, which GetRun gives. */
    @Override
    @Blocking
    public Uni<ListRunsResponse> listRuns(ListRunsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        Page.Result<Run> found = page.cut(runs.list(workspace(), page.after(), page.size() + 1), Run::position);
        ListRunsResponse.Builder response = ListRunsResponse.newBuilder().setNextPageToken(found.nextToken());
        found.items().forEach(run -> response.addRuns(RunMapping.listed(run)));
        return Uni.createFrom().item(response.build());
    }

    @Override
    @Blocking
    public Multi<io.maru.control.v1.RunEvent> watchRun(WatchRunRequest request) {
        Run run = runs.get(name(request.getName()));
        long after = request.getAfterSequence();
        long newest = run.status().sequence();
        if (after < 0 || after > newest) {
            throw CommonReason.INVALID_ARGUMENT.because("after_sequence: %d (expected: 0 to %d)", after, newest);
        }
        if (after == newest && run.status().state().isFinal()) {
            return Multi.createFrom().empty();
        }
        return Watch.stream(
                        after,
                        WATCH_INTERVAL,
                        last -> runs.events(run.name(), last, EVENTS_AT_A_TIME),
                        RunEvent::sequence,
                        // A run that was retried has been final before.
                        event -> event.state().isFinal()
                                && event.sequence()
                                        >= runs.get(run.name()).status().sequence())
                .map(RunMapping::event);
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Run> cancelRun(CancelRunRequest request) {
        return Uni.createFrom().item(RunMapping.run(runs.cancel(name(request.getName()))));
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Run> pauseRun(PauseRunRequest request) {
        return Uni.createFrom().item(RunMapping.run(runs.pause(name(request.getName()))));
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Run> resumeRun(ResumeRunRequest request) {
        return Uni.createFrom().item(RunMapping.run(runs.resume(name(request.getName()))));
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Run> retryRun(RetryRunRequest request) {
        return Uni.createFrom().item(RunMapping.run(runs.retry(name(request.getName()), request.getStep())));
    }

    @Override
    @Blocking
    public Uni<io.maru.control.v1.Lineage> getLineage(GetLineageRequest request) {
        return Uni.createFrom().item(RunMapping.lineage(lineages.of(ownName(request.getName()))));
    }

    /** What has a lineage is of many kinds; whether there is such a thing is for its service to say. */
    private static String ownName(String name) {
        String own = workspace() + "/";
        if (name.startsWith("workspaces/") && !name.startsWith(own)) {
            throw CommonReason.PERMISSION_DENIED.because("name: %s (expected: a name of your own workspace)", name);
        }
        return name.startsWith(own) ? name : own + name;
    }

    private static String name(String name) {
        return ResourceName.full("name", name, "runs/{run}");
    }

    /** The caller's, as in {@code workspaces/default}. */
    private static String workspace() {
        return "workspaces/" + Caller.current().workspace();
    }
}
