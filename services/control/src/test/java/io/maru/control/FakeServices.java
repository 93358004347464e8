package io.maru.control;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.maru.checkpoint.v1.CancelImportRequest;
import io.maru.checkpoint.v1.CheckImportSpecRequest;
import io.maru.checkpoint.v1.CheckImportSpecResponse;
import io.maru.checkpoint.v1.CheckPublicationSpecRequest;
import io.maru.checkpoint.v1.CheckPublicationSpecResponse;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetImportRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.control.domain.Attempt;
import io.maru.evaluation.v1.CancelEvaluationRequest;
import io.maru.evaluation.v1.CheckEvaluationSpecRequest;
import io.maru.evaluation.v1.CheckEvaluationSpecResponse;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.EvaluationServiceGrpc;
import io.maru.evaluation.v1.GetEvaluationRequest;
import io.maru.inference.v1.CheckServingSpecRequest;
import io.maru.inference.v1.CheckServingSpecResponse;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.ServeModelRequest;
import io.maru.inference.v1.ServeModelResponse;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.CheckCorpusSpecRequest;
import io.maru.ingestion.v1.CheckCorpusSpecResponse;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import io.maru.platform.spec.Spec;
import io.maru.tokenization.v1.CancelDatasetRequest;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.CheckDatasetSpecRequest;
import io.maru.tokenization.v1.CheckDatasetSpecResponse;
import io.maru.tokenization.v1.CheckTokenizerSpecRequest;
import io.maru.tokenization.v1.CheckTokenizerSpecResponse;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.Tokenizer;
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
 * The six neighbours in one gRPC server. They keep to their contracts (idempotent by request id, cancel by name, names below
 * the caller's workspace) and do no work: a step is done at once, unless a test holds it, pauses it or makes it fail. What
 * they know outlives the server, so stopping and starting it looks like a service that restarts.
 */
final class FakeServices implements AutoCloseable {
    static final double BITS_PER_BYTE = 2.5;
    static final double PERPLEXITY = 9.25;
    static final double VALIDATION_LOSS = 1.75;
    /** Training has no memory for a longer one. */
    static final int MAX_BLOCK = 50_000;

    static final double BEST_VALIDATION_LOSS = 1.5;

    private static final Context.Key<String> WORKSPACE = Context.key("workspace");
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER);

    /** Requests that had an effect, by workspace and request id. */
    final ConcurrentMap<String, Message> effects = new ConcurrentHashMap<>();

    /** Names that were cancelled. */
    final Set<String> cancelled = ConcurrentHashMap.newKeySet();

    /** Tokenizers that no run made, by full name. */
    final ConcurrentMap<String, Tokenizer.State> tokenizers = new ConcurrentHashMap<>();

    /** Datasets that no run made, by full name. */
    final ConcurrentMap<String, Dataset.State> datasets = new ConcurrentHashMap<>();

    /** Versions of models, by the model's full name. */
    final ConcurrentMap<String, Integer> models = new ConcurrentHashMap<>();

    /** The source, by its full name, of which ingestion makes one document, and no validation split. */
    volatile String oneDocument = "";

    /** What ingestion finds in the sources for either split; 0 where it does not look. */
    volatile long trainBytes;

    /** The context of the model that inference was told of when it checked a spec. */
    volatile int checkedBlock;

    final List<ServeModelRequest> servings = new CopyOnWriteArrayList<>();

    private final int port;
    /** Names of steps, by the full names of what they made. */
    private final ConcurrentMap<String, String> makers = new ConcurrentHashMap<>();

    private final ConcurrentMap<String, CreateTrainingJobRequest> jobs = new ConcurrentHashMap<>();
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    /** By dataset, the tokenizer that it was asked for with. */
    private final Map<String, String> encodedWith = new ConcurrentHashMap<>();

    /** By import, the model. */
    private final Map<String, String> imported = new ConcurrentHashMap<>();

    private final Map<String, String> failing = new ConcurrentHashMap<>();
    private final Map<String, String> refusing = new ConcurrentHashMap<>();
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
                .addService(new Checkpoints())
                .addService(new Evaluations())
                .addService(new Inference())
                .intercept(new ServerInterceptor() {
                    @Override
                    public <Q, A> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                        String workspace = headers.containsKey(HEADER) ? headers.get(HEADER) : "default";
                        return Contexts.interceptCall(
                                Context.current().withValue(WORKSPACE, workspace), call, headers, next);
                    }
                })
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

    /** The step goes on without end. */
    void hold(String step) {
        held.add(step);
    }

    void release(String step) {
        held.remove(step);
    }

    /** The step's work ends FAILED. */
    void fail(String step, String reason) {
        failing.put(step, reason);
    }

    /** What comes from now on does not fail any more. */
    void repair(String step) {
        failing.remove(step);
        refusing.remove(step);
    }

    /** The step's command is answered with a typed refusal. */
    void refuse(String step, String reason) {
        refusing.put(step, reason);
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

    /** How often a command of {@code run} had an effect: at most one for each step. */
    long effects(String run) {
        return effects.keySet().stream()
                .filter(key -> key.startsWith("workspaces/" + key.split("/", 3)[1] + "/" + run + "/"))
                .count();
    }

    /** The request of a step of the default workspace. */
    <M extends Message> M effect(String run, String label, Class<M> type) {
        return type.cast(effects.get("workspaces/default/" + run + "/" + label));
    }

    private static String prefix() {
        return "workspaces/" + WORKSPACE.get() + "/";
    }

    private static String full(String name) {
        return name.startsWith("workspaces/") ? name : prefix() + name;
    }

    /** {@code train} of {@code runs/r-1/train-a2}. */
    private static String stepOf(String requestId) {
        return requestId.substring(requestId.lastIndexOf('/') + 1).replaceAll(Attempt.RETRIED + "$", "");
    }

    private String once(String requestId, String name, Message request) {
        String maker = stepOf(requestId);
        if (refusing.containsKey(maker)) {
            throw error(Status.Code.FAILED_PRECONDITION, refusing.get(maker), "refused by the test");
        }
        Message earlier = effects.putIfAbsent(prefix() + requestId, request);
        if (earlier != null && !earlier.equals(request)) {
            throw error(Status.Code.ALREADY_EXISTS, "REQUEST_ID_REUSED", "another request");
        }
        makers.put(name, maker);
        return name;
    }

    private static StatusRuntimeException error(Status.Code code, String reason, String message) {
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(code.value())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain("maru.fake")
                        .setReason(reason)
                        .build()))
                .build());
    }

    private static void check(Message spec, Violations more) {
        Violations found = new Violations();
        Spec.check(spec, "", found);
        found.addAll("", more.list());
        if (!found.isEmpty()) {
            BadRequest.Builder detail = BadRequest.newBuilder();
            for (Violation violation : found.list()) {
                detail.addFieldViolations(BadRequest.FieldViolation.newBuilder()
                        .setField(violation.path())
                        .setDescription(violation.text()));
            }
            throw StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                    .setCode(Status.Code.INVALID_ARGUMENT.value())
                    .setMessage("wrong")
                    .addDetails(Any.pack(detail.build()))
                    .build());
        }
    }

    private static StatusRuntimeException notFound(String name) {
        return error(Status.Code.NOT_FOUND, "NOT_FOUND", name + ": no such resource");
    }

    /** A resource exists once its command had an effect, or the test says so. */
    private String existing(String name) {
        if (!makers.containsKey(full(name))) {
            throw notFound(name);
        }
        return full(name);
    }

    private String cancel(String name) {
        cancelled.add(existing(name));
        return full(name);
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
    private <S> S state(String name, S working, S done, S failed, S stopped) {
        if (cancelled.contains(name)) {
            return stopped;
        }
        if (held.contains(makers.get(name))) {
            return working;
        }
        return failing.containsKey(makers.get(name)) ? failed : done;
    }

    private String failure(String name) {
        return failing.getOrDefault(makers.get(name), "");
    }

    private void unavailableIfHeld(String step) {
        if (held.contains(step)) {
            throw Status.UNAVAILABLE.withDescription("held by the test").asRuntimeException();
        }
    }

    private final class Ingestion extends IngestionServiceGrpc.IngestionServiceImplBase {
        @Override
        public void checkCorpusSpec(CheckCorpusSpecRequest request, StreamObserver<CheckCorpusSpecResponse> observer) {
            answer(observer, () -> {
                Violations more = new Violations();
                if (request.getSourcesList().contains(oneDocument)) {
                    more.add("validationFraction", "0.1", "more");
                }
                check(request.getSpec(), more);
                CheckCorpusSpecResponse.Builder response =
                        CheckCorpusSpecResponse.newBuilder().setSpec(Spec.complete(request.getSpec()));
                if (trainBytes > 0 && request.getSourcesCount() > 0) {
                    response.setTrainBytes(trainBytes).setValidationBytes(trainBytes);
                }
                return response.build();
            });
        }

        @Override
        public void createCorpus(CreateCorpusRequest request, StreamObserver<Corpus> observer) {
            answer(
                    observer,
                    () -> corpus(once(request.getRequestId(), prefix() + "corpora/" + request.getCorpusId(), request)));
        }

        @Override
        public void getCorpus(GetCorpusRequest request, StreamObserver<Corpus> observer) {
            answer(observer, () -> corpus(existing(request.getName())));
        }

        @Override
        public void cancelCorpus(CancelCorpusRequest request, StreamObserver<Corpus> observer) {
            answer(observer, () -> corpus(cancel(request.getName())));
        }

        private Corpus corpus(String name) {
            return Corpus.newBuilder()
                    .setName(name)
                    .setState(state(
                            name,
                            Corpus.State.RUNNING,
                            Corpus.State.SEALED,
                            Corpus.State.FAILED,
                            Corpus.State.CANCELLED))
                    .setSourceBytes(4_000)
                    .setReadBytes(1_000)
                    .setFailureReason(failure(name))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Tokenization extends TokenizationServiceGrpc.TokenizationServiceImplBase {
        @Override
        public void checkTokenizerSpec(
                CheckTokenizerSpecRequest request, StreamObserver<CheckTokenizerSpecResponse> observer) {
            answer(observer, () -> {
                check(request.getSpec(), new Violations());
                return CheckTokenizerSpecResponse.newBuilder()
                        .setSpec(Spec.complete(request.getSpec()))
                        .build();
            });
        }

        @Override
        public void trainTokenizer(TrainTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            answer(
                    observer,
                    () -> tokenizer(once(
                            request.getRequestId(), prefix() + "tokenizers/" + request.getTokenizerId(), request)));
        }

        @Override
        public void getTokenizer(GetTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            answer(observer, () -> {
                String name = full(request.getName());
                return tokenizers.containsKey(name)
                        ? Tokenizer.newBuilder()
                                .setName(name)
                                .setState(tokenizers.get(name))
                                .setTokens(50_257)
                                .build()
                        : tokenizer(existing(name));
            });
        }

        @Override
        public void cancelTokenizer(CancelTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            answer(observer, () -> tokenizer(cancel(request.getName())));
        }

        @Override
        public void checkDatasetSpec(
                CheckDatasetSpecRequest request, StreamObserver<CheckDatasetSpecResponse> observer) {
            answer(observer, CheckDatasetSpecResponse::getDefaultInstance);
        }

        @Override
        public void createDataset(CreateDatasetRequest request, StreamObserver<Dataset> observer) {
            answer(observer, () -> {
                String name = once(request.getRequestId(), prefix() + "datasets/" + request.getDatasetId(), request);
                encodedWith.put(name, request.getTokenizer());
                return dataset(name);
            });
        }

        @Override
        public void getDataset(GetDatasetRequest request, StreamObserver<Dataset> observer) {
            answer(observer, () -> {
                String name = full(request.getName());
                return datasets.containsKey(name)
                        ? Dataset.newBuilder()
                                .setName(name)
                                .setState(datasets.get(name))
                                .setTokenizer(tokenizers.keySet().iterator().next())
                                .build()
                        : dataset(existing(name));
            });
        }

        @Override
        public void cancelDataset(CancelDatasetRequest request, StreamObserver<Dataset> observer) {
            answer(observer, () -> dataset(cancel(request.getName())));
        }

        private Tokenizer tokenizer(String name) {
            return Tokenizer.newBuilder()
                    .setName(name)
                    .setState(state(
                            name,
                            Tokenizer.State.TRAINING,
                            Tokenizer.State.READY,
                            Tokenizer.State.FAILED,
                            Tokenizer.State.CANCELLED))
                    .setTokens(300)
                    .setFailureReason(failure(name))
                    .setFailureMessage("failed by the test")
                    .build();
        }

        private Dataset dataset(String name) {
            return Dataset.newBuilder()
                    .setName(name)
                    .setState(state(
                            name,
                            Dataset.State.ENCODING,
                            Dataset.State.SEALED,
                            Dataset.State.FAILED,
                            Dataset.State.CANCELLED))
                    .setTokenizer(encodedWith.getOrDefault(name, ""))
                    .setShards(4)
                    .setSealedShards(1)
                    .setTrainTokens(900)
                    .setManifestSha256("ab12")
                    .setFailureReason(failure(name))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Training extends TrainingServiceGrpc.TrainingServiceImplBase {
        @Override
        public void checkTrainingSpec(
                CheckTrainingSpecRequest request, StreamObserver<CheckTrainingSpecResponse> observer) {
            answer(observer, () -> {
                int block = request.getSpec().getModel().getBlock();
                Violations more = new Violations();
                if (block > MAX_BLOCK) {
                    more.add("model.block", Integer.toString(block), "less");
                } else if (request.getTrainBytes() > 0 && block + 1 > request.getTrainBytes()) {
                    more.add("model.block", Integer.toString(block), "at most " + (request.getTrainBytes() - 1));
                }
                if (!request.getSpec().hasModel() && request.getInit().isEmpty()) {
                    more.add("model", "missing", "the shape of what is trained, or init");
                }
                check(request.getSpec(), more);
                return CheckTrainingSpecResponse.newBuilder()
                        .setParameters(1000L + request.getVocabularySize())
                        .build();
            });
        }

        @Override
        public void createTrainingJob(CreateTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                String name = once(request.getRequestId(), prefix() + "trainingJobs/" + request.getJobId(), request);
                jobs.put(name, request);
                return job(name);
            });
        }

        @Override
        public void getTrainingJob(GetTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> job(existing(request.getName())));
        }

        @Override
        public void cancelTrainingJob(CancelTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> job(cancel(request.getName())));
        }

        @Override
        public void pauseTrainingJob(PauseTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                paused = true;
                return job(existing(request.getName()));
            });
        }

        @Override
        public void resumeTrainingJob(ResumeTrainingJobRequest request, StreamObserver<TrainingJob> observer) {
            answer(observer, () -> {
                paused = false;
                return job(existing(request.getName()));
            });
        }

        private TrainingJob job(String name) {
            CreateTrainingJobRequest request = jobs.get(name);
            boolean early = request.getSpec().getEarlyStop() > 0;
            String checkpoints = request.getRun() + "/checkpoints/" + request.getTraining() + "-";
            return TrainingJob.newBuilder()
                    .setName(name)
                    .setSpec(Spec.complete(request.getSpec()))
                    .setState(state(
                            name,
                            paused ? TrainingJob.State.PAUSED : TrainingJob.State.RUNNING,
                            TrainingJob.State.SUCCEEDED,
                            TrainingJob.State.FAILED,
                            TrainingJob.State.CANCELLED))
                    .setStep(step)
                    .setLoss(3.5)
                    .setTokensPerSecond(1_000)
                    .setValidationLoss(VALIDATION_LOSS)
                    .setSteps(request.getSpec().getSteps())
                    .setStepTokens((long) request.getSpec().getBatch()
                            * request.getSpec().getModel().getBlock())
                    .setResultCheckpoint(
                            checkpoints + (early ? 1 : request.getSpec().getSteps()))
                    .setResultValidationLoss(early ? BEST_VALIDATION_LOSS : VALIDATION_LOSS)
                    .setPauseReason(pauseReason)
                    .setFailureReason(failure(name))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Checkpoints extends CheckpointServiceGrpc.CheckpointServiceImplBase {
        @Override
        public void checkPublicationSpec(
                CheckPublicationSpecRequest request, StreamObserver<CheckPublicationSpecResponse> observer) {
            answer(observer, CheckPublicationSpecResponse::getDefaultInstance);
        }

        @Override
        public void checkImportSpec(CheckImportSpecRequest request, StreamObserver<CheckImportSpecResponse> observer) {
            answer(observer, () -> {
                check(request.getSpec(), new Violations());
                return CheckImportSpecResponse.newBuilder()
                        .setSpec(request.getSpec())
                        .setVocabularySize(49_152)
                        .build();
            });
        }

        @Override
        public void createImport(CreateImportRequest request, StreamObserver<Import> observer) {
            answer(observer, () -> {
                String name = prefix() + "imports/" + request.getImportId();
                if (!effects.containsKey(prefix() + request.getRequestId())) {
                    models.merge(prefix() + "models/" + request.getModelId(), 1, Integer::sum);
                }
                once(request.getRequestId(), name, request);
                imported.put(name, prefix() + "models/" + request.getModelId());
                return foreign(name);
            });
        }

        @Override
        public void getImport(GetImportRequest request, StreamObserver<Import> observer) {
            answer(observer, () -> foreign(existing(request.getName())));
        }

        @Override
        public void cancelImport(CancelImportRequest request, StreamObserver<Import> observer) {
            answer(observer, () -> foreign(cancel(request.getName())));
        }

        private Import foreign(String name) {
            return Import.newBuilder()
                    .setName(name)
                    .setState(state(
                            name,
                            Import.State.RUNNING,
                            Import.State.SUCCEEDED,
                            Import.State.FAILED,
                            Import.State.CANCELLED))
                    .setModelVersion(imported.get(name) + "/versions/" + models.get(imported.get(name)))
                    .setTokenizer(prefix() + "tokenizers/foreign")
                    .setArchitecture("LlamaForCausalLM")
                    .setParameters(134_515_008)
                    .setDtype("BF16")
                    .setFailureReason(failure(name))
                    .setFailureMessage("failed by the test")
                    .build();
        }

        @Override
        public void promoteCheckpoint(PromoteCheckpointRequest request, StreamObserver<ModelVersion> observer) {
            answer(observer, () -> {
                unavailableIfHeld(stepOf(request.getRequestId()));
                String model = prefix() + "models/" + request.getModelId();
                boolean first = !effects.containsKey(prefix() + request.getRequestId());
                once(request.getRequestId(), model, request);
                return ModelVersion.newBuilder()
                        .setName(model + "/versions/"
                                + (first ? models.merge(model, 1, Integer::sum) : models.get(model)))
                        .setCheckpoint(request.getCheckpoint())
                        .build();
            });
        }

        @Override
        public void getModelVersion(GetModelVersionRequest request, StreamObserver<ModelVersion> observer) {
            answer(observer, () -> {
                String name = full(request.getName());
                Integer newest = models.get(name.replaceAll("/versions/.*", ""));
                if (newest == null) {
                    throw notFound(request.getName());
                }
                return ModelVersion.newBuilder()
                        .setName(name.contains("/versions/") ? name : name + "/versions/" + newest)
                        .setTokenizer(prefix() + "tokenizers/of-models")
                        .build();
            });
        }

        @Override
        public void getCheckpoint(GetCheckpointRequest request, StreamObserver<Checkpoint> observer) {
            answer(observer, () -> Checkpoint.newBuilder()
                    .setName(full(request.getName()))
                    .setState(Checkpoint.State.ACTIVE)
                    .build());
        }
    }

    private final class Evaluations extends EvaluationServiceGrpc.EvaluationServiceImplBase {
        @Override
        public void checkEvaluationSpec(
                CheckEvaluationSpecRequest request, StreamObserver<CheckEvaluationSpecResponse> observer) {
            answer(observer, () -> {
                check(request.getSpec(), new Violations());
                return CheckEvaluationSpecResponse.getDefaultInstance();
            });
        }

        @Override
        public void createEvaluation(CreateEvaluationRequest request, StreamObserver<Evaluation> observer) {
            answer(
                    observer,
                    () -> evaluation(once(
                            request.getRequestId(), prefix() + "evaluations/" + request.getEvaluationId(), request)));
        }

        @Override
        public void getEvaluation(GetEvaluationRequest request, StreamObserver<Evaluation> observer) {
            answer(observer, () -> evaluation(existing(request.getName())));
        }

        @Override
        public void cancelEvaluation(CancelEvaluationRequest request, StreamObserver<Evaluation> observer) {
            answer(observer, () -> evaluation(cancel(request.getName())));
        }

        private Evaluation evaluation(String name) {
            return Evaluation.newBuilder()
                    .setName(name)
                    .setState(state(
                            name,
                            Evaluation.State.RUNNING,
                            Evaluation.State.SUCCEEDED,
                            Evaluation.State.FAILED,
                            Evaluation.State.CANCELLED))
                    .setTokens(100)
                    .setScoredTokens(50)
                    .setPerplexity(PERPLEXITY)
                    .setBitsPerByte(BITS_PER_BYTE)
                    .setFailureReason(failure(name))
                    .setFailureMessage("failed by the test")
                    .build();
        }
    }

    private final class Inference extends InferenceServiceGrpc.InferenceServiceImplBase {
        @Override
        public void checkServingSpec(
                CheckServingSpecRequest request, StreamObserver<CheckServingSpecResponse> observer) {
            answer(observer, () -> {
                checkedBlock = request.getBlock();
                check(request.getSpec(), new Violations());
                return CheckServingSpecResponse.getDefaultInstance();
            });
        }

        @Override
        public void serveModel(ServeModelRequest request, StreamObserver<ServeModelResponse> observer) {
            answer(observer, () -> {
                unavailableIfHeld("serve");
                if (refusing.containsKey("serve")) {
                    throw error(Status.Code.FAILED_PRECONDITION, refusing.get("serve"), "refused by the test");
                }
                servings.add(request);
                return ServeModelResponse.newBuilder()
                        .setModel(LoadedModel.newBuilder()
                                .setModelVersion(request.getModel())
                                .setParameters(99))
                        // A NUL is a token like any other, and no database keeps one in a text.
                        .setText(request.getSpec().hasSample() ? "once upon a\0time" : "")
                        .build();
            });
        }
    }
}
