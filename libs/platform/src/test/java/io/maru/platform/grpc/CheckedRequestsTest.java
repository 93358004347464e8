package io.maru.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceImplBase;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Violation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a caller gets over the wire. */
class CheckedRequestsTest {
    private final Echo service = new Echo();
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(CheckedRequests.of(service.bindService()))
                .build()
                .start();
        channel = Grpc.newChannelBuilder("127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    @Test
    void whatIsWellComesThrough() {
        assertThat(IngestionServiceGrpc.newBlockingStub(channel)
                        .createCorpus(CreateCorpusRequest.newBuilder()
                                .setRequestId("왜가리")
                                .build())
                        .getName())
                .isEqualTo("왜가리");
    }

    @Test
    void aControlCharacterIsAnInvalidArgumentWithItsField() {
        assertRefused(
                () -> IngestionServiceGrpc.newBlockingStub(channel)
                        .createCorpus(CreateCorpusRequest.newBuilder()
                                .setRequestId("a\0b")
                                .build()),
                new Violation("request_id", "U+0000 as character 2 (expected: no control characters)"));
    }

    @Test
    void bytesThatAreNoUtf8AreAnInvalidArgumentWithTheirField() {
        // sources, field 3: the bytes that an unpaired surrogate has where somebody writes it as if it were a
        // character.
        byte[] surrogate = {3 << 3 | 2, 3, (byte) 0xED, (byte) 0xA0, (byte) 0x80};

        assertRefused(() -> raw(surrogate), new Violation("sources[0]", "bytes that are no text (expected: UTF-8)"));
    }

    @Test
    void bytesThatAreNoMessageAreAnInvalidArgument() {
        byte[] truncated = {3 << 3 | 2, 100, 'a'};

        assertThatThrownBy(() -> raw(truncated))
                .hasMessage("INVALID_ARGUMENT: request: bytes that cannot be read (expected: a"
                        + " maru.ingestion.v1.CreateCorpusRequest of Protocol Buffers)");
    }

    @Test
    void aStreamEndsAtTheMessageThatIsWrongAndTheServiceLetsGo() throws Exception {
        CompletableFuture<UploadedFile> answer = new CompletableFuture<>();
        StreamObserver<UploadRequest> parts =
                IngestionServiceGrpc.newStub(channel).upload(new Answer(answer));
        parts.onNext(UploadRequest.newBuilder()
                .setChunk(ByteString.copyFromUtf8("\0\0"))
                .build());
        parts.onNext(UploadRequest.newBuilder()
                .setHeader(UploadRequest.Header.newBuilder().setFileName("a\nb"))
                .build());
        parts.onNext(UploadRequest.getDefaultInstance());

        assertRefused(
                () -> answer.orTimeout(10, TimeUnit.SECONDS).join(),
                new Violation("header.file_name", "U+000A as character 2 (expected: no control characters)"));
        assertThat(service.uploadCancelled.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    private static void assertRefused(ThrowingCallable call, Violation violation) {
        assertThatThrownBy(call).satisfies(e -> {
            Throwable failure = e instanceof CompletionException ? e.getCause() : e;
            assertThat(failure).isInstanceOfSatisfying(StatusRuntimeException.class, error -> {
                assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(error.getStatus().getDescription()).isEqualTo(violation.toString());
                assertThat(GrpcFaults.violations(error)).isEqualTo(List.of(violation));
                assertThat(GrpcFaults.info(error).orElseThrow().getReason()).isEqualTo("INVALID_ARGUMENT");
                assertThat(GrpcFaults.info(error).orElseThrow().getDomain()).isEqualTo("maru.ingestion");
            });
        });
    }

    private Corpus raw(byte[] request) {
        MethodDescriptor<byte[], Corpus> method = IngestionServiceGrpc.getCreateCorpusMethod().toBuilder(
                        new Raw(), IngestionServiceGrpc.getCreateCorpusMethod().getResponseMarshaller())
                .build();
        return ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request);
    }

    private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            throw new UnsupportedOperationException("a request is only sent");
        }
    }

    private record Answer(CompletableFuture<UploadedFile> file) implements StreamObserver<UploadedFile> {
        @Override
        public void onNext(UploadedFile value) {
            file.complete(value);
        }

        @Override
        public void onError(Throwable failure) {
            file.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            file.completeExceptionally(new IllegalStateException("no answer"));
        }
    }

    private static final class Echo extends IngestionServiceImplBase {
        /** How many parts there were before. */
        final CompletableFuture<Integer> uploadCancelled = new CompletableFuture<>();

        @Override
        public void createCorpus(CreateCorpusRequest request, StreamObserver<Corpus> answer) {
            answer.onNext(Corpus.newBuilder().setName(request.getRequestId()).build());
            answer.onCompleted();
        }

        @Override
        public StreamObserver<UploadRequest> upload(StreamObserver<UploadedFile> answer) {
            int[] parts = {0};
            ((ServerCallStreamObserver<UploadedFile>) answer)
                    .setOnCancelHandler(() -> uploadCancelled.complete(parts[0]));
            return new StreamObserver<>() {
                @Override
                public void onNext(UploadRequest part) {
                    parts[0]++;
                }

                @Override
                public void onError(Throwable failure) {
                    uploadCancelled.complete(parts[0]);
                }

                @Override
                public void onCompleted() {
                    answer.onCompleted();
                }
            };
        }
    }
}
