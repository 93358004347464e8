package io.maru.evaluation;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ScoreResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The inference service as evaluation sees it, with a model that gives each token the same probability everywhere. */
final class FakeInference extends InferenceServiceGrpc.InferenceServiceImplBase implements AutoCloseable {
    static final int BLOCK = 5;

    /** Score answers as often as this allows. */
    final Semaphore answers = new Semaphore(1 << 20);

    final AtomicInteger scoreCalls = new AtomicInteger();
    volatile Status loadStatus = Status.OK;
    volatile Status scoreStatus = Status.OK;
    private final Server server;

    FakeInference(int port) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(this)
                .build()
                .start();
    }

    @Override
    public void loadModel(LoadModelRequest request, StreamObserver<LoadedModel> response) {
        if (!loadStatus.isOk()) {
            response.onError(loadStatus.asRuntimeException());
            return;
        }
        response.onNext(LoadedModel.newBuilder()
                .setModelVersion(request.getModel())
                .setBlock(BLOCK)
                .setVocabularySize(262)
                .build());
        response.onCompleted();
    }

    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> response) {
        scoreCalls.incrementAndGet();
        try {
            answers.acquire();
        } catch (InterruptedException e) {
            response.onError(Status.UNAVAILABLE.asRuntimeException());
            return;
        }
        if (!scoreStatus.isOk()) {
            response.onError(scoreStatus.asRuntimeException());
            return;
        }
        ScoreResponse.Builder scores = ScoreResponse.newBuilder().setModelVersion(request.getModel());
        for (ScoreRequest.Sequence sequence : request.getSequencesList()) {
            ScoreResponse.Score.Builder score = scores.addScoresBuilder();
            sequence.getTokenIdsList().stream()
                    .skip(1)
                    .forEach(id -> score.addLogProbabilities(SealedInputs.logProbability(id)));
        }
        response.onNext(scores.build());
        response.onCompleted();
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(10, TimeUnit.SECONDS);
    }
}
