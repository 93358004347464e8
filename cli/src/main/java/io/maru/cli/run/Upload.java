package io.maru.cli.run;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.maru.cli.CommandFailure;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Sends one text file to ingestion, no faster than it takes it. */
public final class Upload {
    private static final int CHUNK_BYTES = 256 << 10;

    private Upload() {}

    /** @throws CommandFailure where a file is missing, empty or not a file: known before anything starts */
    public static void check(Path file) {
        if (!Files.exists(file)) {
            throw CommandFailure.badInput("text: %s: no such file (expected: a UTF-8 text file)".formatted(file));
        }
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw CommandFailure.badInput(
                    "text: %s: not a readable file (expected: a UTF-8 text file)".formatted(file));
        }
        try {
            if (Files.size(file) == 0) {
                throw CommandFailure.badInput("text: %s: 0 bytes (expected: at least 1)".formatted(file));
            }
        } catch (IOException e) {
            throw CommandFailure.badInput("text: %s: %s".formatted(file, e.getMessage()));
        }
    }

    /** @throws StatusRuntimeException where ingestion refuses the file */
    public static UploadedFile send(Services services, Path file) {
        Sender sender = new Sender(file);
        services.ingestion().upload(sender);
        try {
            return sender.result.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StatusRuntimeException status) {
                throw status;
            }
            throw CommandFailure.badInput(
                    "text: %s: %s".formatted(file, e.getCause().getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }

    /** Writes while the transport is ready, and waits to be called again when it is not. */
    private static final class Sender implements ClientResponseObserver<UploadRequest, UploadedFile> {
        final CompletableFuture<UploadedFile> result = new CompletableFuture<>();
        private final Path file;
        private ClientCallStreamObserver<UploadRequest> requests;
        private InputStream in;
        private boolean sent;

        Sender(Path file) {
            this.file = file;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<UploadRequest> stream) {
            requests = stream;
            stream.setOnReadyHandler(this::sendWhileReady);
        }

        private void sendWhileReady() {
            try {
                if (in == null && !sent) {
                    in = Files.newInputStream(file);
                    requests.onNext(UploadRequest.newBuilder()
                            .setHeader(UploadRequest.Header.newBuilder()
                                    .setFileName(file.getFileName().toString()))
                            .build());
                }
                while (!sent && requests.isReady()) {
                    byte[] chunk = in.readNBytes(CHUNK_BYTES);
                    if (chunk.length == 0) {
                        sent = true;
                        in.close();
                        requests.onCompleted();
                    } else {
                        requests.onNext(UploadRequest.newBuilder()
                                .setChunk(ByteString.copyFrom(chunk))
                                .build());
                    }
                }
            } catch (IOException e) {
                sent = true;
                requests.cancel("cannot read the file", e);
                result.completeExceptionally(e);
            }
        }

        @Override
        public void onNext(UploadedFile uploaded) {
            result.complete(uploaded);
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
}
