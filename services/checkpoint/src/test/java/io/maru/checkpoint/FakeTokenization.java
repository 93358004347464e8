package io.maru.checkpoint;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.maru.formats.Sha256;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.Tokenizer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Registers tokenizers in the caller's workspace as the tokenization service does, unless a test has it refuse or wait. */
public final class FakeTokenization implements QuarkusTestResourceLifecycleManager {
    // Spelt out: the resource that this is has a Context of its own.
    private static final io.grpc.Context.Key<String> WORKSPACE = io.grpc.Context.key("workspace");
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER);
    /** Of this process, since a test has no hold of the object that Quarkus makes. */
    private static final Map<String, byte[]> REGISTERED = new ConcurrentHashMap<>();

    private static volatile Status refusal;

    private Server server;

    /** Has every call refused from now on; null ends it. */
    static void refuse(Status status) {
        refusal = status;
    }

    /** Returns the tokenizer.json of a full name; null if there is none. */
    static byte[] registered(String name) {
        return REGISTERED.get(name);
    }

    @Override
    public Map<String, String> start() {
        try {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .intercept(new Workspaces())
                    .addService(new Service())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.of("quarkus.grpc.clients.tokenization.test-port", Integer.toString(server.getPort()));
    }

    @Override
    public void stop() {
        server.shutdownNow();
    }

    private static final class Workspaces implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            return Contexts.interceptCall(
                    io.grpc.Context.current().withValue(WORKSPACE, headers.get(HEADER)), call, headers, next);
        }
    }

    private static final class Service extends TokenizationServiceGrpc.TokenizationServiceImplBase {
        @Override
        public StreamObserver<ImportTokenizerRequest> importTokenizer(StreamObserver<Tokenizer> answer) {
            String workspace = WORKSPACE.get();
            ByteArrayOutputStream json = new ByteArrayOutputStream();
            return new StreamObserver<>() {
                private String id;

                @Override
                public void onNext(ImportTokenizerRequest part) {
                    if (part.hasHeader()) {
                        id = part.getHeader().getTokenizerId();
                    } else {
                        json.writeBytes(part.getChunk().toByteArray());
                    }
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {
                    if (refusal != null) {
                        answer.onError(refusal.asRuntimeException());
                        return;
                    }
                    String name = "workspaces/" + workspace + "/tokenizers/" + id;
                    REGISTERED.put(name, json.toByteArray());
                    answer.onNext(Tokenizer.newBuilder()
                            .setName(name)
                            .setState(Tokenizer.State.READY)
                            .setSha256(Sha256.of(json.toByteArray()))
                            .build());
                    answer.onCompleted();
                }
            };
        }
    }
}
