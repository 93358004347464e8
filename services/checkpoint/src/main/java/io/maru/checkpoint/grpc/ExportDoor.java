package io.maru.checkpoint.grpc;

import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.maru.checkpoint.app.ModelExporter;
import io.maru.checkpoint.app.ModelVersions;
import io.maru.checkpoint.domain.CheckpointReason;
import io.maru.checkpoint.domain.ExportForm;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.ExportModelVersionRequest;
import io.maru.checkpoint.v1.ExportModelVersionResponse;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.GrpcErrors;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Answers ExportModelVersion. It is written against gRPC's own observer and not as a Multi: Quarkus asks a Multi for all items
 * at once, and a reader that is slower than the disk would fill the memory.
 */
final class ExportDoor {
    private final ModelVersions versions;
    private final ModelExporter exporter;
    private final GrpcErrors errors;
    private final Duration maxSilence;
    private final ExecutorService exports = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "export");
        thread.setDaemon(true);
        return thread;
    });

    /** @param maxSilence of a reader that takes nothing */
    ExportDoor(ModelVersions versions, ModelExporter exporter, GrpcErrors errors, Duration maxSilence) {
        this.versions = versions;
        this.exporter = exporter;
        this.errors = errors;
        this.maxSilence = maxSilence;
    }

    /** The service with this method in the place of the generated one. */
    ServerServiceDefinition in(ServerServiceDefinition service) {
        ServerServiceDefinition.Builder with = ServerServiceDefinition.builder(service.getServiceDescriptor());
        for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
            if (!method.getMethodDescriptor()
                    .getFullMethodName()
                    .equals(CheckpointServiceGrpc.getExportModelVersionMethod().getFullMethodName())) {
                with.addMethod(method);
            }
        }
        return with.addMethod(
                        CheckpointServiceGrpc.getExportModelVersionMethod(),
                        ServerCalls.asyncServerStreamingCall((request, response) ->
                                export(request, (ServerCallStreamObserver<ExportModelVersionResponse>) response)))
                .build();
    }

    private void export(
            ExportModelVersionRequest request, ServerCallStreamObserver<ExportModelVersionResponse> response) {
        Taker taker = new Taker(response, maxSilence);
        Caller caller = Caller.current();
        exports.execute(() -> {
            try {
                caller.call(() -> {
                    ExportForm form = ModelMapping.form(request);
                    ModelVersion version = ModelMapping.version(
                            "name", request.getName(), versions::get, versions::get, versions::newest);
                    exporter.export(version, form, taker);
                    return version;
                });
                response.onCompleted();
            } catch (Throwable e) {
                // An Error too, such as one of memory: its caller must not wait for ever.
                if (!taker.isGone()) {
                    response.onError(errors.transform(e));
                }
            }
        });
    }

    /** A caller who takes files as fast as it can, and no faster. */
    private static final class Taker implements ModelExporter.Reader {
        private final ServerCallStreamObserver<ExportModelVersionResponse> response;
        private final Duration maxSilence;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();

        Taker(ServerCallStreamObserver<ExportModelVersionResponse> response, Duration maxSilence) {
            this.response = response;
            this.maxSilence = maxSilence;
            response.setOnReadyHandler(this::wake);
            response.setOnCancelHandler(this::wake);
        }

        boolean isGone() {
            return response.isCancelled();
        }

        private void wake() {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void header(String fileName, long size) throws InterruptedException {
            send(ExportModelVersionResponse.newBuilder()
                    .setHeader(ExportModelVersionResponse.Header.newBuilder()
                            .setFileName(fileName)
                            .setSize(size)));
        }

        @Override
        public void chunk(byte[] chunk, int length) throws InterruptedException {
            send(ExportModelVersionResponse.newBuilder()
                    .setChunk(com.google.protobuf.ByteString.copyFrom(chunk, 0, length)));
        }

        @Override
        public void trailer(String sha256) throws InterruptedException {
            send(ExportModelVersionResponse.newBuilder()
                    .setTrailer(ExportModelVersionResponse.Trailer.newBuilder().setSha256(sha256)));
        }

        private void send(ExportModelVersionResponse.Builder message) throws InterruptedException {
            awaitReady();
            response.onNext(message.build());
        }

        private void awaitReady() throws InterruptedException {
            long left = maxSilence.toNanos();
            lock.lock();
            try {
                while (!response.isReady() && !response.isCancelled()) {
                    if (left <= 0) {
                        throw CheckpointReason.READER_IDLE.because(
                                "export: nothing was taken for %d ms (expected: something before that)",
                                maxSilence.toMillis());
                    }
                    // A signal may have come before the lock was taken, so it looks again soon.
                    long waited = Math.min(left, TimeUnit.MILLISECONDS.toNanos(100));
                    left -= waited - Math.max(0, changed.awaitNanos(waited));
                }
            } finally {
                lock.unlock();
            }
            if (response.isCancelled()) {
                throw CheckpointReason.EXPORT_CANCELLED.because("export: the caller has gone");
            }
        }
    }
}
