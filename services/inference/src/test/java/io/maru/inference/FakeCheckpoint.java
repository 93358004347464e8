package io.maru.inference;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.formats.Sha256;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The checkpoint service as inference sees it: model versions by name. Each model here has one version, 1. */
final class FakeCheckpoint extends CheckpointServiceGrpc.CheckpointServiceImplBase implements AutoCloseable {
    final Map<String, ModelVersion> versions = new ConcurrentHashMap<>();
    final Map<String, Checkpoint> checkpoints = new ConcurrentHashMap<>();
    /** In whose name was asked. */
    final Set<String> workspaces = ConcurrentHashMap.newKeySet();

    /** Takes questions and never answers. */
    volatile boolean silent;

    private static final Metadata.Key<String> WORKSPACE =
            Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER);

    private final Server server;

    FakeCheckpoint(int port) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(this)
                .intercept(new ServerInterceptor() {
                    @Override
                    public <Q, A> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                        workspaces.add(headers.get(WORKSPACE));
                        return next.startCall(call, headers);
                    }
                })
                .build()
                .start();
    }

    /** Puts the files of a folder into the store as a model version. */
    ModelVersion publish(ObjectStore store, String model, Path folder) throws IOException {
        String name = "workspaces/default/models/" + model + "/versions/1";
        ModelVersion.Builder version =
                ModelVersion.newBuilder().setName(name).setModel("workspaces/default/models/" + model);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                StoredObject stored = store.put(name + "/" + file.getFileName(), file);
                version.addFiles(StoredFile.newBuilder()
                        .setFileName(file.getFileName().toString())
                        .setSize(stored.size())
                        .setSha256(stored.sha256()));
            }
        }
        version.setManifestSha256(Sha256.of(version.toString().getBytes(StandardCharsets.UTF_8)));
        versions.put(name, version.build());
        return version.build();
    }

    /** Puts the files of a folder into the store as a checkpoint, with what training would need to go on from it. */
    Checkpoint register(ObjectStore store, String name, Path folder) throws IOException {
        ModelVersion version = publish(store, "of-a-checkpoint", folder);
        Checkpoint.Builder checkpoint = Checkpoint.newBuilder().setName(name).setState(Checkpoint.State.ACTIVE);
        for (StoredFile file : version.getFilesList()) {
            store.copy(version.getName() + "/" + file.getFileName(), name + "/" + file.getFileName());
            checkpoint.addFiles(file);
        }
        // Listed, and not there: whoever fetches it fails.
        checkpoint.addFiles(StoredFile.newBuilder()
                .setFileName("optimizer.safetensors")
                .setSize(8)
                .setSha256("0".repeat(64)));
        checkpoint.setManifestSha256(Sha256.of(checkpoint.build().toString().getBytes(StandardCharsets.UTF_8)));
        checkpoints.put(name, checkpoint.build());
        return checkpoint.build();
    }

    @Override
    public void getCheckpoint(GetCheckpointRequest request, StreamObserver<Checkpoint> response) {
        Checkpoint checkpoint = checkpoints.get(request.getName());
        if (checkpoint == null) {
            response.onError(Status.NOT_FOUND.asRuntimeException());
            return;
        }
        response.onNext(checkpoint);
        response.onCompleted();
    }

    @Override
    public void getModelVersion(GetModelVersionRequest request, StreamObserver<ModelVersion> response) {
        if (silent) {
            return;
        }
        String name = request.getName();
        ModelVersion version = versions.get(name.contains("/versions/") ? name : name + "/versions/1");
        if (version == null) {
            response.onError(Status.NOT_FOUND.asRuntimeException());
            return;
        }
        response.onNext(version);
        response.onCompleted();
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(10, TimeUnit.SECONDS);
    }
}
