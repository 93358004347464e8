package io.maru.control.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Report;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NeighbourTest {
    private static final String DOMAIN = "maru.inference";

    private volatile StatusRuntimeException error;
    private volatile boolean silent;
    private InetSocketAddress address;
    private ManagedChannel channel;
    private Server server;
    private Neighbour<InferenceServiceBlockingStub> neighbour;

    @BeforeEach
    void prepare() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            address = new InetSocketAddress("127.0.0.1", socket.getLocalPort());
        }
        channel = NettyChannelBuilder.forAddress(address).usePlaintext().build();
        neighbour = new Neighbour<>(DOMAIN, InferenceServiceGrpc.newBlockingStub(channel), Duration.ofSeconds(5));
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow();
        if (server != null) {
            server.shutdownNow().awaitTermination();
        }
    }

    @Test
    void passesOnWhatTheCallReports() throws IOException {
        startServer();

        assertThat(load()).isEqualTo(new Report.Cancelled("fable"));
    }

    @Test
    void aTypedRefusalIsAFailureInTheServicesOwnWords() throws IOException {
        startServer();
        error = StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.FAILED_PRECONDITION.value())
                .setMessage("models: 3 (expected: at most 2)")
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain("maru.elsewhere")
                        .setReason("FULL")
                        .build()))
                .build());

        assertThat(load())
                .isEqualTo(new Report.Failed(new Failure("maru.elsewhere", "FULL", "models: 3 (expected: at most 2)")));
    }

    @Test
    void aTypedRefusalThatPassesIsWaitedFor() throws IOException {
        startServer();
        error = StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.UNAVAILABLE.value())
                .setMessage("the database is away")
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain(DOMAIN)
                        .setReason("DATABASE_UNAVAILABLE")
                        .build()))
                .build());

        assertThat(load())
                .isEqualTo(new Report.NoAnswer(
                        new Failure(DOMAIN, "DATABASE_UNAVAILABLE", "the database is away"), Report.NoAnswer.ENDLESS));
    }

    @Test
    void aFaultThatNobodyChoseIsWaitedForAFewTimes() throws IOException {
        startServer();
        error = Status.INTERNAL.withDescription("internal error").asRuntimeException();

        assertThat(load()).isInstanceOfSatisfying(Report.NoAnswer.class, silence -> {
            assertThat(silence.failure()).isEqualTo(new Failure(DOMAIN, "INTERNAL", "internal error"));
            assertThat(silence.patience()).isLessThan(10);
        });
    }

    @Test
    void aServiceThatHangsIsOneThatIsAway() throws IOException {
        startServer();
        silent = true;
        neighbour = new Neighbour<>(DOMAIN, neighbour.stub(), Duration.ofMillis(50));

        assertThat(load()).isInstanceOfSatisfying(Report.NoAnswer.class, silence -> assertThat(silence.patience())
                .isEqualTo(Report.NoAnswer.ENDLESS));
    }

    @Test
    void anInterruptIsNotTheServicesFault() throws IOException {
        startServer();
        silent = true;
        Thread.currentThread().interrupt();

        assertThatThrownBy(this::load).isInstanceOf(StatusRuntimeException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aServiceThatComesBackIsFoundAtOnceHoweverLongItWasAway() throws IOException {
        // gRPC's own pauses between attempts would have grown to more than two seconds by the end of this.
        Awaitility.await()
                .pollInterval(Duration.ofMillis(20))
                .during(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(6))
                .until(() -> load() instanceof Report.NoAnswer);

        startServer();

        Awaitility.await()
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(1))
                .until(() -> load() instanceof Report.Cancelled);
    }

    private Report load() {
        return neighbour.ask(service -> new Report.Cancelled(service.loadModel(
                        LoadModelRequest.newBuilder().setModel("fable").build())
                .getModelVersion()));
    }

    private void startServer() throws IOException {
        ServerServiceDefinition inference = new InferenceServiceGrpc.InferenceServiceImplBase() {
            @Override
            public void loadModel(LoadModelRequest request, StreamObserver<LoadedModel> observer) {
                if (silent) {
                    return;
                }
                if (error != null) {
                    observer.onError(error);
                    return;
                }
                observer.onNext(LoadedModel.newBuilder()
                        .setModelVersion(request.getModel())
                        .build());
                observer.onCompleted();
            }
        }.bindService();
        server = NettyServerBuilder.forAddress(address)
                .addService(inference)
                .build()
                .start();
    }
}
