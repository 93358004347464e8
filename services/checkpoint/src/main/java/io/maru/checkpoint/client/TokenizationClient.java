package io.maru.checkpoint.client;

import static io.maru.checkpoint.domain.CheckpointReason.TOKENIZATION_BUSY;
import static io.maru.checkpoint.domain.CheckpointReason.TOKENIZER_UNSUPPORTED;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.maru.checkpoint.app.TokenizerRegistry;
import io.maru.formats.Sha256;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Refusal;
import io.maru.platform.grpc.Channels;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceStub;
import io.maru.tokenization.v1.Tokenizer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** {@link TokenizerRegistry} of the tokenization service. A tokenizer's name is made of its bytes, and so is the request's id. */
public final class TokenizationClient implements TokenizerRegistry {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int ID_DIGITS = 24;

    private final ManagedChannel channel;
    private final TokenizationServiceStub tokenization;
    private final Duration timeout;

    /** @param timeout for one tokenizer; a tokenization service that restarts within it is waited for */
    public TokenizationClient(ManagedChannel channel, Duration timeout) {
        this.channel = channel;
        this.tokenization = TokenizationServiceGrpc.newStub(channel).withWaitForReady();
        this.timeout = timeout;
    }

    @Override
    public String register(byte[] tokenizerJson) throws InterruptedException {
        Channels.wake(channel);
        String id = "imported-" + Sha256.of(tokenizerJson).substring(0, ID_DIGITS);
        Answer answer = new Answer();
        StreamObserver<ImportTokenizerRequest> request = tokenization
                .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .importTokenizer(answer);
        request.onNext(ImportTokenizerRequest.newBuilder()
                .setHeader(ImportTokenizerRequest.Header.newBuilder()
                        .setRequestId(id)
                        .setTokenizerId(id))
                .build());
        for (int from = 0; from < tokenizerJson.length; from += CHUNK_BYTES) {
            int length = Math.min(CHUNK_BYTES, tokenizerJson.length - from);
            request.onNext(ImportTokenizerRequest.newBuilder()
                    .setChunk(UnsafeByteOperations.unsafeWrap(tokenizerJson, from, length))
                    .build());
        }
        request.onCompleted();
        return answer.await();
    }

    /** What the service answers, or why it does not. */
    private static final class Answer implements StreamObserver<Tokenizer> {
        private final CompletableFuture<Tokenizer> tokenizer = new CompletableFuture<>();

        @Override
        public void onNext(Tokenizer answer) {
            tokenizer.complete(answer);
        }

        @Override
        public void onError(Throwable failure) {
            tokenizer.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            // Without an answer before it, which no server does.
            tokenizer.completeExceptionally(new IllegalStateException("tokenization: an end without an answer"));
        }

        String await() throws InterruptedException {
            try {
                return tokenizer.get().getName();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof StatusRuntimeException status) {
                    throw refusal(status);
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    private static RuntimeException refusal(StatusRuntimeException error) {
        Status.Code code = error.getStatus().getCode();
        String message = "tokenization: " + error.getStatus().getDescription();
        return switch (code) {
            case RESOURCE_EXHAUSTED -> new Refusal(TOKENIZATION_BUSY, message, error);
            case INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION ->
                new Refusal(TOKENIZER_UNSUPPORTED, message, error);
            default -> GrpcFaults.toRefusal(error);
        };
    }
}
