package io.maru.control;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.control.v1.Stage;
import io.maru.evaluation.v1.CancelEvaluationRequest;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.EvaluationServiceGrpc;
import io.maru.evaluation.v1.GetEvaluationRequest;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.tokenization.v1.CancelDatasetRequest;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import io.maru.training.v1.CancelTrainingJobRequest;
import io.maru.training.v1.CheckTrainingSpecRequest;
import io.maru.training.v1.CheckTrainingSpecResponse;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.PauseTrainingJobRequest;
import io.maru.training.v1.ResumeTrainingJobRequest;
import io.maru.training.v1.TrainingJob;
import io.maru.training.v1.TrainingServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The six neighbours in one gRPC server. They keep to their contracts (idempotent by request id, cancel by name) and do no
 * work: a stage is done at once, unless a test holds it, pauses it or makes it fail. What they know outlives the server, so
 * stopping and starting it looks like a service that restarts.
 */
final class FakeServices implements AutoCloseable {
    static final double BITS_PER_BYTE = 2.5;
    static final double PERPLEXITY = 9.25;
    static final double VALIDATION_LOSS = 1.75;
    /** Training has no memory for a longer one. */
    static final int LONGEST_BLOCK = 50_000;

    static final double BEST_VALIDATION_LOSS = 1.5;

    /** Requests that had an effect, by request id. */
    final ConcurrentMap<String, Object> effects = new ConcurrentHashMap<>();

    /** Names that were cancelled. */
    final Set<String> cancelled = ConcurrentHashMap.newKeySet();

    /** Tokenizers that no run made. */
    final ConcurrentMap<String, Tokenizer.State> registered = new ConcurrentHashMap<>();

    final List<GenerateRequest> generations = new CopyOnWriteArrayList<>();

    private final int port;
    private final Set<Stage> held = ConcurrentHashMap.newKeySet();
    private final Map<Stage, String> failing = new ConcurrentHashMap<>();
    private final Map<Stage, String> refusing = new ConcurrentHashMap<>();
    private volatile boolean paused;
    private volatile String pauseReason = "";
    private volatile long step;
    private Server server;

    FakeServices(int port) {
        this.port = port;
    }

    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                .addService(new Ingestion())
                .addService(new Tokenization())
                .addService(new Training())
                .addService(new Checkpoint())
                .addService(new EvaluationFake())
                .addService(new Inference())
                .build()
                .start();
    }

    void stop() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination();
    }

    @Override
    public void close() throws InterruptedException {
        stop();
    }

    /** The stage goes on without end. */
    void hold(Stage stage) {
        held.add(stage);
    }

    void release(Stage stage) {
        held.remove(stage);
    }

    /** The stage's work ends FAILED. */
    void fail(Stage stage, String reason) {
        failing.put(stage, reason);
    }

    /** The stage's command is answered with a typed refusal. */
    void refuse(Stage stage, String reason) {
        refusing.put(stage, reason);
    }

    void pauseTraining(boolean pause) {
        paused = pause;
    }

    /** It pauses by itself. */
    void pauseTraining(String why) {
        pauseReason = why;
        paused = true;
    }

    void trainTo(long steps) {
        step = steps;
    }

    /** How often a command of {@code run} had an effect: at most one for each stage. */
    long effects(String run) {
        return effects.keySet().stream().filter(id -> id.startsWith(run + "/")).count();
    }

    private boolean isHeld(Stage stage) {
        return held.contains(stage);
    }

    private void once(Stage stage, String requestId, Object request) {
        if (refusing.containsKey(stage)) {
            throw refusal("maru." + stage.name().toLowerCase(java.util.Locale.ROOT), refusing.get(stage));
        }
        Object earlier = effects.putIfAbsent(requestId, request);
        if (earlier != null && !earlier.equals(request)) {
            throw refusal("maru.fake", "REQUEST_ID_REUSED");
        }
    }

    private static StatusRuntimeException refusal(String domain, String reason) {
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.INVALID_ARGUMENT.value())
                .setMessage("refused by the test")
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain(domain)
                        .setReason(reason)
                        .build()))
                .build());
    }

    /** A resource exists once its command had an effect. */
    private void mustExist(String stageId, String name) {
        if (!effects.containsKey("runs/" + name.substring(name.indexOf('/') + 1) + "/" + stageId)) {
            throw StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                    .setCode(Status.Code.NOT_FOUND.value())
                    .setMessage(name + ": no such resource")
                    .addDetails(Any.pack(ErrorInfo.newBuilder()
                            .setDomain("maru.fake")
                            .setReason("NOT_FOUND")
                            .build()))
                    .build());
        }
    }

    private <T> void answer(StreamObserver<T> observer, Supplier<T> call) {
        try {
            observer.onNext(call.get());
            observer.onCompleted();
        } catch (StatusRuntimeException e) {
            observer.onError(e);
        }
    }

    /** One of the states that every resource has, by what the test asked for. */
    private <S> S state(Stage stage, String name, S working, S done, S failed, S stopped) {
        if (cancelled.contains(name)) {
            return stopped;
        }
        if (isHeld(stage)) {
            return working;
        }
        return failing.containsKey(stage) ? failed : done;
    }

    private final class Ingestion extends IngestionServiceGrpc.IngestionServiceImplBase {
        @Override
        public void createCorpus(CreateCorpusRequest request, StreamObserver<Corpus> observer) {
            answer(observer, () -> {
                once(Stage.INGEST, request.getRequestId(), request);
                return corpus("corpora/" + request.getCorpusId());
            });
        }

        @Override
        public void getCorpus(GetCorpusRequest request, StreamObserver<Corpus> observer) {
            answer(observer, () -> {
                mustExist("ingest", request.getName());
                return corpus(request.getName());
            });
        }

        @Override
        public void cancelCorpus(CancelCorpusRequest request, StreamObserver<Corpus> observer) {
            answer(observer, () -> {
                mustExist("ingest", request.getName());
                cancelled.add(request.getName());
                return corpus(request.getName());
            });
        }

        private Corpus corpus(String name) {
            return Corpus.newBuilder()
                    .setName(name)
                    .setState(state(
                            Stage.INGEST,
                            name,
                            Corpus.State.RUNNING,
                            Corpus.State.SEALED,
                            Corpus.State.FAILED,
                            Corpus.State.CANCELLED))
                    .setSourceBytes(4_000)
                    .setReadBytes(1_000)
                    .setFailureReason(failing.getOrDefault(Stage.INGEST, ""))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Tokenization extends TokenizationServiceGrpc.TokenizationServiceImplBase {
        @Override
        public void trainTokenizer(TrainTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            answer(observer, () -> {
                once(Stage.TRAIN_TOKENIZER, request.getRequestId(), request);
                return tokenizer("tokenizers/" + request.getTokenizerId());
            });
        }

        @Override
        public void getTokenizer(GetTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            answer(observer, () -> {
                if (registered.containsKey(request.getName())) {
                    return Tokenizer.newBuilder()
                            .setName(request.getName())
                            .setState(registered.get(request.getName()))
                            .setTokens(50_257)
                            .setSpec(TokenizerSpec.newBuilder().setVocabularySize(50_257))
                            .build();
                }
                mustExist("train-tokenizer", request.getName());
                return tokenizer(request.getName());
            });
        }

        @Override
        public void cancelTokenizer(CancelTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            answer(observer, () -> {
                mustExist("train-tokenizer", request.getName());
                cancelled.add(request.getName());
                return tokenizer(request.getName());
            });
        }

        @Override
        public void createDataset(CreateDatasetRequest request, StreamObserver<Dataset> observer) {
            answer(observer, () -> {
                once(Stage.ENCODE, request.getRequestId(), request);
                return dataset("datasets/" + request.getDatasetId());
            });
        }

        @Override
        public void getDataset(GetDatasetRequest request, StreamObserver<Dataset> observer) {
            answer(observer, () -> dataset(request.getName()));
        }

        @Override
        public void cancelDataset(CancelDatasetRequest request, StreamObserver<Dataset> observer) {
            answer(observer, () -> {
                mustExist("encode", request.getName());
                cancelled.add(request.getName());
                return dataset(request.getName());
            });
        }

        private Tokenizer tokenizer(String name) {
            return Tokenizer.newBuilder()
                    .setName(name)
                    .setState(state(
                            Stage.TRAIN_TOKENIZER,
                            name,
                            Tokenizer.State.TRAINING,
                            Tokenizer.State.READY,
                            Tokenizer.State.FAILED,
                            Tokenizer.State.CANCELLED))
                    .setSpec(TokenizerSpec.newBuilder().setVocabularySize(320))
                    .setTokens(300)
                    .setFailureReason(failing.getOrDefault(Stage.TRAIN_TOKENIZER, ""))
                    .setFailureMessage("failed by the test")
                    .build();
        }

        private Dataset dataset(String name) {
            return Dataset.newBuilder()
                    .setName(name)
                    .setState(state(
                            Stage.ENCODE,
                            name,
                            Dataset.State.ENCODING,
                            Dataset.State.SEALED,
                            Dataset.State.FAILED,
                            Dataset.State.CANCELLED))
                    .setShards(4)
                    .setSealedShards(1)
                    .setManifestSha256("ab12")
                    .setFailureReason(failing.getOrDefault(Stage.ENCODE, ""))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Training extends TrainingServiceGrpc.TrainingServiceImplBase {
        @Override
        public void checkTrainingSpec(
                CheckTrainingSpecRequest request, StreamObserver<CheckTrainingSpecResponse> observer) {
            if (request.getSpec().getModel().getBlock() > LONGEST_BLOCK) {
                observer.onError(Status.INVALID_ARGUMENT
                        .withDescription("model.block: %d (expected: less, or a lower training.learning_rate)"
                                .formatted(request.getSpec().getModel().getBlock()))
                        .asRuntimeException());
                return;
            }
            observer.onNext(CheckTrainingSpecResponse.getDefaultInstance());
            observer.onCompleted();
        }

        @Override
        public void createTrainingJob(CreateTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                once(Stage.TRAIN, request.getRequestId(), request);
                return job("trainingJobs/" + request.getJobId());
            });
        }

        @Override
        public void getTrainingJob(GetTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> job(request.getName()));
        }

        @Override
        public void cancelTrainingJob(CancelTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                mustExist("train", request.getName());
                cancelled.add(request.getName());
                return job(request.getName());
            });
        }

        @Override
        public void pauseTrainingJob(PauseTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                mustExist("train", request.getName());
                paused = true;
                return job(request.getName());
            });
        }

        @Override
        public void resumeTrainingJob(ResumeTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                mustExist("train", request.getName());
                paused = false;
                return job(request.getName());
            });
        }

        private TrainingJob job(String name) {
            CreateTrainingJobRequest request = (CreateTrainingJobRequest)
                    effects.get("runs/" + name.substring("trainingJobs/".length()) + "/train");
            return TrainingJob.newBuilder()
                    .setName(name)
                    .setSpec(request.getSpec())
                    .setSteps(request.getSpec().getSteps())
                    .setState(state(
                            Stage.TRAIN,
                            name,
                            paused ? TrainingJob.State.PAUSED : TrainingJob.State.RUNNING,
                            TrainingJob.State.SUCCEEDED,
                            TrainingJob.State.FAILED,
                            TrainingJob.State.CANCELLED))
                    .setStep(step)
                    .setLoss(3.5)
                    .setTokensPerSecond(1_000)
                    .setValidationLoss(VALIDATION_LOSS)
                    .setLastCheckpoint(request.getRun() + "/checkpoints/"
                            + request.getSpec().getSteps())
                    .setBestCheckpoint(request.getRun() + "/checkpoints/1")
                    .setBestValidationLoss(BEST_VALIDATION_LOSS)
                    .setPauseReason(pauseReason)
                    .setFailureReason(failing.getOrDefault(Stage.TRAIN, ""))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Checkpoint extends CheckpointServiceGrpc.CheckpointServiceImplBase {
        @Override
        public void promoteCheckpoint(PromoteCheckpointRequest request, StreamObserver<ModelVersion> observer) {
            answer(observer, () -> {
                unavailableIfHeld(Stage.PUBLISH);
                once(Stage.PUBLISH, request.getRequestId(), request);
                return ModelVersion.newBuilder()
                        .setName("models/" + request.getModelId() + "/versions/1")
                        .setCheckpoint(request.getCheckpoint())
                        .build();
            });
        }
    }

    private final class EvaluationFake extends EvaluationServiceGrpc.EvaluationServiceImplBase {
        @Override
        public void createEvaluation(CreateEvaluationRequest request, StreamObserver<Evaluation> observer) {
            answer(observer, () -> {
                once(Stage.EVALUATE, request.getRequestId(), request);
                return evaluation("evaluations/" + request.getEvaluationId());
            });
        }

        @Override
        public void getEvaluation(GetEvaluationRequest request, StreamObserver<Evaluation> observer) {
            answer(observer, () -> evaluation(request.getName()));
        }

        @Override
        public void cancelEvaluation(CancelEvaluationRequest request, StreamObserver<Evaluation> observer) {
            answer(observer, () -> {
                mustExist("evaluate", request.getName());
                cancelled.add(request.getName());
                return evaluation(request.getName());
            });
        }

        private Evaluation evaluation(String name) {
            return Evaluation.newBuilder()
                    .setName(name)
                    .setState(state(
                            Stage.EVALUATE,
                            name,
                            Evaluation.State.RUNNING,
                            Evaluation.State.SUCCEEDED,
                            Evaluation.State.FAILED,
                            Evaluation.State.CANCELLED))
                    .setTokens(100)
                    .setScoredTokens(50)
                    .setPerplexity(PERPLEXITY)
                    .setBitsPerByte(BITS_PER_BYTE)
                    .setFailureReason(failing.getOrDefault(Stage.EVALUATE, ""))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Inference extends InferenceServiceGrpc.InferenceServiceImplBase {
        @Override
        public void loadModel(LoadModelRequest request, StreamObserver<LoadedModel> observer) {
            answer(observer, () -> {
                unavailableIfHeld(Stage.SERVE);
                if (refusing.containsKey(Stage.SERVE)) {
                    throw refusal("maru.inference", refusing.get(Stage.SERVE));
                }
                return LoadedModel.newBuilder()
                        .setModelVersion(request.getModel())
                        .setParameters(99)
                        .build();
            });
        }

        @Override
        public void generate(GenerateRequest request, StreamObserver<GenerateResponse> observer) {
            generations.add(request);
            // A NUL is a token like any other, and no database keeps one in a text.
            for (String part : List.of("once", " upon", " a\0time")) {
                observer.onNext(GenerateResponse.newBuilder().setText(part).build());
            }
            observer.onCompleted();
        }
    }

    private void unavailableIfHeld(Stage stage) {
        if (isHeld(stage)) {
            throw Status.UNAVAILABLE.withDescription("held by the test").asRuntimeException();
        }
    }
}
