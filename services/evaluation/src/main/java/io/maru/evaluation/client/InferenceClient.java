package io.maru.evaluation.client;

import static io.maru.evaluation.domain.EvaluationReason.INFERENCE_UNAVAILABLE;
import static io.maru.evaluation.domain.EvaluationReason.MODEL_VERSION_MISSING;
import static io.maru.evaluation.domain.EvaluationReason.MODEL_VERSION_UNUSABLE;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.maru.evaluation.app.EvaluationMeter;
import io.maru.evaluation.app.LanguageModels;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ScoreResponse;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Refusal;
import io.maru.platform.grpc.Channels;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** {@link LanguageModels} of the inference service. */
public final class InferenceClient implements LanguageModels {
    private final ManagedChannel channel;
    private final InferenceServiceBlockingStub inference;
    private final Duration loadTimeout;
    private final Duration scoreTimeout;
    private final EvaluationMeter meter;

    public InferenceClient(ManagedChannel channel, Duration loadTimeout, Duration scoreTimeout, EvaluationMeter meter) {
        this.channel = channel;
        this.inference = InferenceServiceGrpc.newBlockingStub(channel);
        this.loadTimeout = loadTimeout;
        this.scoreTimeout = scoreTimeout;
        this.meter = meter;
    }

    @Override
    public Shape load(String modelVersion) throws InterruptedException {
        LoadedModel model = call(() -> inference
                .withDeadlineAfter(loadTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .loadModel(LoadModelRequest.newBuilder().setModel(modelVersion).build()));
        if (model.getBlock() < 1) {
            throw MODEL_VERSION_UNUSABLE.because("%s: block %d (expected: >= 1)", modelVersion, model.getBlock());
        }
        return new Shape(model.getVocabularySize(), model.getBlock());
    }

    @Override
    public List<float[]> score(String modelVersion, List<int[]> sequences) throws InterruptedException {
        ScoreRequest.Builder request = ScoreRequest.newBuilder().setModel(modelVersion);
        sequences.forEach(sequence -> request.addSequencesBuilder()
                .addAllTokenIds(Arrays.stream(sequence).boxed().toList()));
        long start = System.nanoTime();
        ScoreResponse response = call(() -> inference
                .withDeadlineAfter(scoreTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .score(request.build()));
        meter.scored(System.nanoTime() - start);
        if (response.getScoresCount() != sequences.size()) {
            throw MODEL_VERSION_UNUSABLE.because(
                    "%s: %d scores (expected: %d)", modelVersion, response.getScoresCount(), sequences.size());
        }
        return response.getScoresList().stream()
                .map(InferenceClient::logProbabilities)
                .toList();
    }

    private static float[] logProbabilities(ScoreResponse.Score score) {
        float[] numbers = new float[score.getLogProbabilitiesCount()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = score.getLogProbabilities(i);
        }
        return numbers;
    }

    private <T> T call(Supplier<T> call) throws InterruptedException {
        Channels.wake(channel);
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            // An interrupted stub cancels its call and sets the flag again.
            if (Thread.interrupted()) {
                throw new InterruptedException(e.getMessage());
            }
            String told = e.getStatus().getDescription();
            switch (e.getStatus().getCode()) {
                case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED, ABORTED ->
                    throw new Refusal(INFERENCE_UNAVAILABLE, "inference: " + e.getMessage(), e);
                case NOT_FOUND -> throw new Refusal(MODEL_VERSION_MISSING, "inference: " + told, e);
                case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE, DATA_LOSS ->
                    throw new Refusal(MODEL_VERSION_UNUSABLE, "inference: " + told, e);
                default -> throw GrpcFaults.toRefusal(e);
            }
        }
    }
}
