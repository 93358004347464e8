package io.maru.training;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.DeleteCheckpointRequest;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.RegisterCheckpointRequest;
import io.maru.checkpoint.v1.StoredFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The checkpoint service as training sees it: it keeps what it is given, and refuses other content for a name. */
final class FakeCheckpoints implements AutoCloseable {
    final Map<String, Checkpoint> kept = new ConcurrentSkipListMap<>();
    final AtomicInteger outages = new AtomicInteger();
    /** In whose names checkpoints were registered. */
    final Set<String> workspaces = ConcurrentHashMap.newKeySet();

    private static final Metadata.Key<String> WORKSPACE =
            Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER);
    private static final MethodDescriptor<?, ?> REGISTER = CheckpointServiceGrpc.getRegisterCheckpointMethod();
    private final Server server;

    FakeCheckpoints(int port) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                .addService(ServerInterceptors.intercept(new Service(), new ServerInterceptor() {
                    @Override
                    public <Q, A> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                        String workspace = headers.get(WORKSPACE);
                        if (workspace != null && call.getMethodDescriptor().equals(REGISTER)) {
                            workspaces.add(workspace);
                        }
                        return next.startCall(call, headers);
                    }
                }))
                .build()
                .start();
    }

    List<Checkpoint> of(String run) {
        return kept.values().stream()
                .filter(checkpoint -> checkpoint.getRun().equals(run))
                .sorted((a, b) -> Long.compare(b.getStep(), a.getStep()))
                .toList();
    }

    String sha256(String run, long step, String file) {
        return kept.get(run + "/checkpoints/train-" + step).getFilesList().stream()
                .filter(stored -> stored.getFileName().equals(file))
                .map(StoredFile::getSha256)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination();
    }

    private final class Service extends CheckpointServiceGrpc.CheckpointServiceImplBase {
        @Override
        public void registerCheckpoint(RegisterCheckpointRequest request, StreamObserver<Checkpoint> answer) {
            if (outages.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                answer.onError(Status.UNAVAILABLE.asRuntimeException());
                return;
            }
            Checkpoint checkpoint = Checkpoint.newBuilder()
                    .setName(request.getRun() + "/checkpoints/" + request.getTraining() + "-" + request.getStep())
                    .setRun(request.getRun())
                    .setTraining(request.getTraining())
                    .setTokenizer(request.getTokenizer())
                    .setStep(request.getStep())
                    .setState(Checkpoint.State.ACTIVE)
                    .addAllFiles(request.getFilesList())
                    .setDataset(request.getDataset())
                    .setValidationLoss(request.getValidationLoss())
                    .build();
            Checkpoint earlier = kept.putIfAbsent(checkpoint.getName(), checkpoint);
            if (earlier != null && !earlier.equals(checkpoint)) {
                answer.onError(Status.ALREADY_EXISTS.asRuntimeException());
                return;
            }
            answer.onNext(checkpoint);
            answer.onCompleted();
        }

        @Override
        public void deleteCheckpoint(DeleteCheckpointRequest request, StreamObserver<Checkpoint> answer) {
            Checkpoint deleted = kept.remove(request.getName());
            answer.onNext(
                    deleted == null
                            ? Checkpoint.getDefaultInstance()
                            : deleted.toBuilder()
                                    .setState(Checkpoint.State.DELETED)
                                    .build());
            answer.onCompleted();
        }

        @Override
        public void listCheckpoints(ListCheckpointsRequest request, StreamObserver<ListCheckpointsResponse> answer) {
            answer.onNext(ListCheckpointsResponse.newBuilder()
                    .addAllCheckpoints(of(request.getRun()))
                    .build());
            answer.onCompleted();
        }
    }
}
