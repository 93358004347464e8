package io.maru.inference.grpc;

import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.maru.inference.app.DecodingSlots;
import io.maru.inference.app.Generation;
import io.maru.inference.app.GenerationMeter;
import io.maru.inference.app.Models;
import io.maru.inference.app.Scoring;
import io.maru.inference.domain.FinishReason;
import io.maru.inference.domain.Prompt;
import io.maru.inference.v1.CheckServingSpecRequest;
import io.maru.inference.v1.CheckServingSpecResponse;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.ListLoadedModelsRequest;
import io.maru.inference.v1.ListLoadedModelsResponse;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ScoreResponse;
import io.maru.inference.v1.ServeModelRequest;
import io.maru.inference.v1.ServeModelResponse;
import io.maru.inference.v1.UnloadModelRequest;
import io.maru.inference.v1.UnloadModelResponse;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.GrpcErrors;
import io.maru.platform.grpc.CheckedRequests;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;

/**
 * Answers the calls of {@code InferenceService}. It is written against gRPC's own observers and not as a Multi: Quarkus asks a Multi for all items at
 * once, whereas an observer tells whether the connection has room for another.
 */
@GrpcService
@Blocking
class InferenceGrpc extends InferenceServiceGrpc.InferenceServiceImplBase {
    private final Models models;
    private final DecodingSlots slots;
    private final GrpcErrors errors;
    private final GenerationMeter meter;
    private final Duration readerTimeout;
    private final SecureRandom seeds = new SecureRandom();

    InferenceGrpc(Models models, DecodingSlots slots, GrpcErrors errors, GenerationMeter meter, ReaderSettings reader) {
        this.models = models;
        this.slots = slots;
        this.errors = errors;
        this.meter = meter;
        this.readerTimeout = reader.timeout();
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
    }

    @Override
    public void loadModel(LoadModelRequest request, StreamObserver<LoadedModel> response) {
        try (Models.Lease lease = models.acquire(InferenceMapping.modelName(request.getModel()))) {
            answer(response, InferenceMapping.toProto(lease.about()));
        }
    }

    @Override
    public void serveModel(ServeModelRequest request, StreamObserver<ServeModelResponse> response) {
        String name = InferenceMapping.modelName(request.getModel());
        InferenceMapping.checkSpec(request.getSpec());
        io.maru.inference.domain.LoadedModel model;
        try (Models.Lease lease = models.acquire(name)) {
            model = lease.about();
        }
        if (!request.getSpec().hasSample()) {
            answer(response, InferenceMapping.served(model, "", 0));
            return;
        }
        submit(
                InferenceMapping.fromProto(model.version(), request.getSpec().getSample()),
                new SampleCaller((ServerCallStreamObserver<ServeModelResponse>) response, model),
                (ServerCallStreamObserver<ServeModelResponse>) response);
    }

    @Override
    public void checkServingSpec(CheckServingSpecRequest request, StreamObserver<CheckServingSpecResponse> response) {
        InferenceMapping.checkSpec(request.getSpec(), request.getBlock());
        answer(response, CheckServingSpecResponse.getDefaultInstance());
    }

    @Override
    public void unloadModel(UnloadModelRequest request, StreamObserver<UnloadModelResponse> response) {
        models.unload(InferenceMapping.modelName(request.getModel()));
        answer(response, UnloadModelResponse.getDefaultInstance());
    }

    @Override
    public void listLoadedModels(ListLoadedModelsRequest request, StreamObserver<ListLoadedModelsResponse> response) {
        ListLoadedModelsResponse.Builder list = ListLoadedModelsResponse.newBuilder();
        models.loaded(Caller.current().workspace()).forEach(model -> list.addModels(InferenceMapping.toProto(model)));
        answer(response, list.build());
    }

    @Override
    public void generate(GenerateRequest request, StreamObserver<GenerateResponse> response) {
        ServerCallStreamObserver<GenerateResponse> caller = (ServerCallStreamObserver<GenerateResponse>) response;
        submit(InferenceMapping.fromProto(request, seeds), new GenerationCaller(caller), caller);
    }

    private void submit(Generation.Order order, Generation.Reader reader, ServerCallStreamObserver<?> caller) {
        Generation generation = new Generation(slots, models, order, reader, readerTimeout);
        caller.setOnCancelHandler(generation::cancel);
        LostConnections.onClose(generation::cancel);
        caller.setOnReadyHandler(generation::wake);
        generation.submit();
    }

    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> response) {
        Scoring scoring = new Scoring(
                slots,
                models,
                InferenceMapping.modelName(request.getModel()),
                InferenceMapping.sequences(request),
                new ScoringCaller(response));
        ((ServerCallStreamObserver<ScoreResponse>) response).setOnCancelHandler(scoring::cancel);
        LostConnections.onClose(scoring::cancel);
        scoring.submit();
    }

    private static <T> void answer(StreamObserver<T> response, T message) {
        response.onNext(message);
        response.onCompleted();
    }

    private final class GenerationCaller implements Generation.Reader {
        private final ServerCallStreamObserver<GenerateResponse> caller;
        private final GenerationMeter.Clock clock = meter.start();

        GenerationCaller(ServerCallStreamObserver<GenerateResponse> caller) {
            this.caller = caller;
        }

        @Override
        public boolean isReady() {
            return caller.isReady();
        }

        @Override
        public void token(int id, String text) {
            clock.token();
            caller.onNext(InferenceMapping.token(id, text));
        }

        @Override
        public void end(String text, FinishReason reason, Prompt prompt, int completionTokens) {
            answer(caller, InferenceMapping.end(text, reason, prompt, completionTokens));
        }

        @Override
        public void fail(Throwable why) {
            caller.onError(errors.transform(why));
        }
    }

    /** Waits for a whole text, and answers with it. */
    private final class SampleCaller implements Generation.Reader {
        private final ServerCallStreamObserver<ServeModelResponse> caller;
        private final io.maru.inference.domain.LoadedModel model;
        private final GenerationMeter.Clock clock = meter.start();
        private final StringBuilder whole = new StringBuilder();

        SampleCaller(ServerCallStreamObserver<ServeModelResponse> caller, io.maru.inference.domain.LoadedModel model) {
            this.caller = caller;
            this.model = model;
        }

        @Override
        public boolean isReady() {
            // A text of bounded length fits into one answer.
            return true;
        }

        @Override
        public void token(int id, String text) {
            clock.token();
            whole.append(text);
        }

        @Override
        public void end(String text, FinishReason reason, Prompt prompt, int completionTokens) {
            answer(caller, InferenceMapping.served(model, whole + text, prompt.truncated()));
        }

        @Override
        public void fail(Throwable why) {
            caller.onError(errors.transform(why));
        }
    }

    private final class ScoringCaller implements Scoring.Answer {
        private final StreamObserver<ScoreResponse> caller;

        ScoringCaller(StreamObserver<ScoreResponse> caller) {
            this.caller = caller;
        }

        @Override
        public void scores(String modelVersion, List<double[]> scores) {
            meter.scored(scores);
            answer(caller, InferenceMapping.scores(modelVersion, scores));
        }

        @Override
        public void fail(Throwable why) {
            caller.onError(errors.transform(why));
        }
    }
}
