package io.maru.cli.run;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * Sends a file as a header and chunks. Writes while the transport is ready, and waits to be called again when it is not.
 *
 * @param <Q> the call's messages
 * @param <R> its answer
 */
final class FileSender<Q, R> implements ClientResponseObserver<Q, R> {
    private static final int CHUNK_BYTES = 256 << 10;

    private final CompletableFuture<R> result = new CompletableFuture<>();
    private final Path file;
    private final Q header;
    private final Function<ByteString, Q> chunk;
    private ClientCallStreamObserver<Q> requests;
    private InputStream in;
    private boolean sent;

    FileSender(Path file, Q header, Function<ByteString, Q> chunk) {
        this.file = file;
        this.header = header;
        this.chunk = chunk;
    }

    /**
     * Waits for the answer.
     *
     * @param field what the file is to the caller, for errors
     * @throws StatusRuntimeException where the service refuses the file
     */
    R result(String field) {
        try {
            return result.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StatusRuntimeException status) {
                throw status;
            }
            if (e.getCause() instanceof IOException unreadable) {
                throw CommandFailure.badInput(field + ": " + file + ": " + CommandFailure.problem(unreadable));
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> stream) {
        requests = stream;
        stream.setOnReadyHandler(this::sendWhileReady);
    }

    private void sendWhileReady() {
        try {
            if (in == null && !sent) {
                in = Files.newInputStream(file);
                requests.onNext(header);
            }
            while (!sent && requests.isReady()) {
                byte[] bytes = in.readNBytes(CHUNK_BYTES);
                if (bytes.length == 0) {
                    sent = true;
                    in.close();
                    requests.onCompleted();
                } else {
                    requests.onNext(chunk.apply(ByteString.copyFrom(bytes)));
                }
            }
        } catch (IOException e) {
            sent = true;
            requests.cancel("cannot read the file", e);
            result.completeExceptionally(e);
        }
    }

    @Override
    public void onNext(R answer) {
        result.complete(answer);
    }

    @Override
    public void onError(Throwable failure) {
        close();
        result.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
        close();
    }

    private void close() {
        sent = true;
        if (in != null) {
            try {
                in.close();
            } catch (IOException e) {
                result.completeExceptionally(e);
            }
        }
    }
}
