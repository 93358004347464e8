package io.maru.platform.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.name.ResourceName;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingServiceGrpc;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceImplBase;
import java.io.IOException;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallerTest {
    private Server server;
    private ManagedChannel channel;

    @AfterEach
    void stop() {
        if (server != null) {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }

    @Test
    void withoutSignInEverybodyIsAnonymousAndMayDoEverything() {
        Caller caller = Caller.current();

        assertThat(caller).isEqualTo(Caller.anonymous());
        assertThat(caller.workspace()).isEqualTo("default");
        assertThat(caller.may("runs.create")).isTrue();
    }

    @Test
    void workIsDoneForAWorkspaceAndAfterItTheThreadIsAsBefore() throws Exception {
        String inside = Caller.in("alice").call(() -> Caller.current().workspace());

        assertThat(inside).isEqualTo("alice");
        assertThat(Caller.current().workspace()).isEqualTo("default");
    }

    @Test
    void aRequestIdStandsForOneRequestOfOneCallerToOneMethod() throws Exception {
        String key = Caller.requestKey("CreateCorpus", "1");

        assertThat(key).isEqualTo("default/anonymous/CreateCorpus/1");
        assertThat(Caller.requestKey("CreateCorpus", "2")).isNotEqualTo(key);
        assertThat(Caller.requestKey("CreateRun", "1")).isNotEqualTo(key);
        assertThat(Caller.in("alice").call(() -> Caller.requestKey("CreateCorpus", "1")))
                .isNotEqualTo(key);
        assertThatThrownBy(() -> Caller.requestKey("CreateCorpus", "")).hasMessageStartingWith("request_id: \"\"");
    }

    @Test
    void aServiceAsksItsNeighbourInTheNameOfItsCaller() throws Exception {
        TrainingServiceBlockingStub neighbour = start(CallerInterceptor::forwarded);

        String seen = new Caller("bob", "alice", Set.of("runs.create")).call(() -> neighbour
                .getTrainingJob(GetTrainingJobRequest.getDefaultInstance())
                .getName());

        assertThat(seen).isEqualTo("bob in alice");
        assertThat(neighbour
                        .getTrainingJob(GetTrainingJobRequest.getDefaultInstance())
                        .getName())
                .isEqualTo("anonymous in default");
    }

    @Test
    void whoIsNotTrustedIsAnonymousWhateverHeSays() throws Exception {
        TrainingServiceBlockingStub neighbour = start(headers -> Caller.anonymous());

        assertThat(Caller.in("alice").call(() -> neighbour
                        .getTrainingJob(GetTrainingJobRequest.getDefaultInstance())
                        .getName()))
                .isEqualTo("anonymous in default");
    }

    @Test
    void aWorkspaceThatCannotBeIsRefused() throws IOException {
        Metadata headers = new Metadata();
        headers.put(CallerForwarding.WORKSPACE, "../other");
        TrainingServiceBlockingStub neighbour = TrainingServiceGrpc.newBlockingStub(ClientInterceptors.intercept(
                open(CallerInterceptor::forwarded), MetadataUtils.newAttachHeadersInterceptor(headers)));

        assertThatThrownBy(() -> neighbour.getTrainingJob(GetTrainingJobRequest.getDefaultInstance()))
                .hasMessage("PERMISSION_DENIED: there is no such workspace (expected: one of yours)");
    }

    @Test
    void whoLacksThePermissionThatTheMethodStatesIsRefused() throws IOException {
        TrainingServiceBlockingStub neighbour =
                start(headers -> new Caller("bob", "alice", Set.of("trainingJobs.list")));

        assertThatThrownBy(() -> neighbour.getTrainingJob(GetTrainingJobRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e)
                            .hasMessage(
                                    "PERMISSION_DENIED: maru.training.v1.TrainingService/GetTrainingJob: you have no"
                                            + " permission for it (expected: trainingJobs.get)");
                    assertThat(GrpcFaults.info(e).orElseThrow().getReason()).isEqualTo("PERMISSION_DENIED");
                });
    }

    @Test
    void whoHasItIsLetIn() throws IOException {
        TrainingServiceBlockingStub neighbour =
                start(headers -> new Caller("bob", "alice", Set.of("trainingJobs.get")));

        assertThat(neighbour
                        .getTrainingJob(GetTrainingJobRequest.getDefaultInstance())
                        .getName())
                .isEqualTo("bob in alice");
    }

    @Test
    void aShortNameIsOneOfTheCallersOwnWorkspace() throws Exception {
        assertThat(ResourceName.full("name", "runs/a", "runs/{run}")).isEqualTo("workspaces/default/runs/a");
        assertThat(Caller.in("alice").call(() -> ResourceName.full("name", "runs/a", "runs/{run}")))
                .isEqualTo("workspaces/alice/runs/a");
        assertThat(Caller.in("alice").call(() -> ResourceName.full("name", "workspaces/alice/runs/a", "runs/{run}")))
                .isEqualTo("workspaces/alice/runs/a");
    }

    @Test
    void aNameOfAnotherWorkspaceIsRefusedWhetherOrNotThereIsSuchAThing() {
        assertThatThrownBy(() -> ResourceName.full("name", "workspaces/alice/runs/a", "runs/{run}"))
                .hasMessage("name: \"workspaces/alice/runs/a\" (expected: a name of your own workspace, default)");
    }

    private TrainingServiceBlockingStub start(Function<Metadata, Caller> door) throws IOException {
        return TrainingServiceGrpc.newBlockingStub(ClientInterceptors.intercept(open(door), new CallerForwarding()));
    }

    private Channel open(Function<Metadata, Caller> door) throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(
                        ServerInterceptors.intercept(new WhoIsThere(), new CallerInterceptor(door, "maru.training")))
                .build()
                .start();
        channel = Grpc.newChannelBuilder("127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
        return channel;
    }

    private static final class WhoIsThere extends TrainingServiceImplBase {
        @Override
        public void getTrainingJob(GetTrainingJobRequest request, StreamObserver<TrainingJob> answer) {
            Caller caller = Caller.current();
            answer.onNext(TrainingJob.newBuilder()
                    .setName(caller.subject() + " in " + caller.workspace())
                    .build());
            answer.onCompleted();
        }
    }
}
