package io.maru.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.formats.SafetensorsFile;
import io.maru.inference.app.DecodingSlots;
import io.maru.inference.v1.CheckServingSpecRequest;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.maru.inference.v1.ListLoadedModelsRequest;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.ModelLoaded;
import io.maru.inference.v1.SampleSpec;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ScoreResponse;
import io.maru.inference.v1.ServeModelRequest;
import io.maru.inference.v1.ServeModelResponse;
import io.maru.inference.v1.ServingSpec;
import io.maru.inference.v1.UnloadModelRequest;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.decoding.Decoder;
import io.maru.model.decoding.Sampler;
import io.maru.model.decoding.SamplingOptions;
import io.maru.model.device.DeviceOptions;
import io.maru.model.weights.Weights;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.event.Fact;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.platform.testkit.Facts;
import io.maru.platform.testkit.Shared;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service whole, through its gRPC door, with TensorFlow inside, on real Kafka, PostgreSQL and S3. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "inference"))
@QuarkusTestResource(value = FreeCheckpointPort.class, restrictToAnnotatedClass = true)
class InferenceServiceTest {
    private static final int BLOCK = 24;

    @TestHTTPResource
    URI address;

    @ConfigProperty(name = "quarkus.grpc.clients.checkpoint.test-port")
    int checkpointPort;

    @Inject
    ObjectStore store;

    @Inject
    DecodingSlots slots;

    @Inject
    InferenceConfig config;

    @TempDir
    Path folder;

    private final String id = "m-" + UUID.randomUUID();
    private final String model = "workspaces/default/models/" + id;
    private FakeCheckpoint checkpoint;
    private ManagedChannel channel;
    private InferenceServiceBlockingStub inference;

    @BeforeEach
    void connect() throws IOException {
        store.createBucketIfAbsent();
        checkpoint = new FakeCheckpoint(checkpointPort);
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", address.getPort())
                .usePlaintext()
                .build();
        inference = InferenceServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void disconnect() throws InterruptedException {
        inference
                .listLoadedModels(ListLoadedModelsRequest.getDefaultInstance())
                .getModelsList()
                .forEach(loaded -> inference.unloadModel(UnloadModelRequest.newBuilder()
                        .setModel(loaded.getModelVersion())
                        .build()));
        channel.shutdownNow();
        checkpoint.close();
    }

    @Test
    void continuesTextAsTheModelDoes() throws IOException {
        BpeTokenizer tokenizer = publishTinyModel(BLOCK);
        List<Integer> expected = new ArrayList<>();
        try (SafetensorsFile weights = SafetensorsFile.open(folder.resolve("model.safetensors"));
                Decoder decoder = Decoder.load(
                        DecoderConfig.fromJson(Files.readAllBytes(folder.resolve("config.json"))),
                        weights,
                        DeviceOptions.allCores())) {
            Sampler sampler = new Sampler(new SamplingOptions(0.8f, 40, 0.9f, 11));
            float[] logits = decoder.prefill(tokenizer.encode("the end"));
            for (int i = 0; i < 6; i++) {
                expected.add(sampler.next(logits));
                logits = decoder.step(expected.get(i));
            }
        }
        assertThat(expected).doesNotContain(tokenizer.endOfText());

        List<GenerateResponse> told = generate(request("the end")
                .setMaxTokens(6)
                .setTemperature(0.8)
                .setTopK(40)
                .setTopP(0.9)
                .setSeed(11));

        assertThat(ids(told)).isEqualTo(expected);
        assertThat(text(told))
                .isEqualTo(tokenizer.decode(
                        expected.stream().mapToInt(Integer::intValue).toArray()));
        GenerateResponse last = told.get(told.size() - 1);
        assertThat(last.getFinishReason()).isEqualTo(GenerateResponse.FinishReason.LENGTH);
        assertThat(last.getPromptTokens()).isEqualTo(tokenizer.encode("the end").length);
        assertThat(last.getCompletionTokens()).isEqualTo(6);
    }

    @Test
    void servesAModelWithASample() throws IOException {
        BpeTokenizer tokenizer = publishTinyModel(BLOCK);
        SampleSpec sample =
                SampleSpec.newBuilder().setPrompt("the end").setMaxTokens(6).build();
        List<GenerateResponse> same = generate(request("the end")
                .setMaxTokens(6)
                .setTemperature(0.8)
                .setTopK(50)
                .setSeed(1));

        ServeModelResponse served = inference.serveModel(ServeModelRequest.newBuilder()
                .setModel(model)
                .setSpec(ServingSpec.newBuilder().setSample(sample))
                .build());

        assertThat(served.getText()).isEqualTo(text(same)).isNotEmpty();
        assertThat(served.getModel().getVocabularySize()).isEqualTo(tokenizer.vocabularySize());
        assertThat(inference
                        .serveModel(
                                ServeModelRequest.newBuilder().setModel(model).build())
                        .getText())
                .isEmpty();
        refused(
                () -> inference.checkServingSpec(CheckServingSpecRequest.newBuilder()
                        .setSpec(ServingSpec.newBuilder().setSample(SampleSpec.newBuilder()))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SPEC",
                "sample.prompt: missing");
    }

    @Test
    void aPromptOfMoreWordsThanTheModelReadsIsRefusedBeforeThereIsAModel() {
        SampleSpec.Builder sample = SampleSpec.newBuilder().setPrompt("one two\n three  four");
        CheckServingSpecRequest.Builder request =
                CheckServingSpecRequest.newBuilder().setBlock(4);
        refused(
                () -> inference.checkServingSpec(
                        request.setSpec(ServingSpec.newBuilder().setSample(sample))
                                .build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SPEC",
                "sample.prompt: 4 words, each at least one token (expected: at most 3 tokens,");

        inference.checkServingSpec(request.setBlock(5).build());
        inference.checkServingSpec(request.setBlock(0).build());
        inference.checkServingSpec(request.setBlock(1)
                .setSpec(ServingSpec.newBuilder()
                        .setSample(SampleSpec.newBuilder().setPrompt("one")))
                .build());
        inference.checkServingSpec(request.setBlock(4)
                .setSpec(ServingSpec.newBuilder().setSample(sample.setTruncatePrompt(true)))
                .build());
    }

    @Test
    void nothingOfAnotherWorkspaceIsSeen() throws IOException {
        publishTinyModel(BLOCK);
        load();
        InferenceServiceBlockingStub other = in("other");

        for (String name : List.of(model, model + "/versions/9")) {
            refused(
                    () -> other.generate(request("the").setModel(name).build()).next(),
                    Status.Code.PERMISSION_DENIED,
                    "PERMISSION_DENIED",
                    "model: \"" + name);
        }
        // A short name means the caller's own, whichever thread asks for it.
        refused(
                () -> other.generate(request("the").setModel("models/" + id).build())
                        .next(),
                Status.Code.NOT_FOUND,
                "MODEL_MISSING",
                "workspaces/other/models/" + id);
        assertThat(checkpoint.workspaces).contains("other");
        assertThat(other.listLoadedModels(ListLoadedModelsRequest.getDefaultInstance())
                        .getModelsList())
                .isEmpty();
    }

    private InferenceServiceBlockingStub in(String workspace) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), workspace);
        return inference.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    @Test
    void theSameSeedGivesTheSameText() throws IOException {
        publishTinyModel(BLOCK);

        List<Integer> one = ids(generate(request("the").setSeed(1)));

        assertThat(ids(generate(request("the").setSeed(1)))).isEqualTo(one);
        assertThat(ids(generate(request("the").setSeed(2)))).isNotEqualTo(one);
    }

    @Test
    void aLongPromptIsCutOnlyWhereTheRequestSaysSoAndTheAnswerTellsByHowMuch() throws IOException {
        BpeTokenizer tokenizer = publishTinyModel(BLOCK);
        String prompt = "no end ".repeat(100);
        int tokens = tokenizer.encode(prompt).length;

        refused(
                () -> generate(request(prompt)),
                Status.Code.INVALID_ARGUMENT,
                "PROMPT_TOO_LONG",
                "prompt: " + tokens + " tokens (expected: at most " + (BLOCK - 1));
        List<GenerateResponse> told = generate(
                request(prompt).setTruncatePrompt(true).setTemperature(0).setMaxTokens(50));
        ServeModelResponse served = inference.serveModel(ServeModelRequest.newBuilder()
                .setModel(model)
                .setSpec(ServingSpec.newBuilder()
                        .setSample(SampleSpec.newBuilder().setPrompt(prompt).setTruncatePrompt(true)))
                .build());

        assertThat(served.getTruncatedTokens()).isEqualTo(tokens - (BLOCK - 1));
        GenerateResponse last = told.get(told.size() - 1);
        assertThat(last.getTruncatedTokens()).isEqualTo(tokens - (BLOCK - 1));
        assertThat(last.getPromptTokens()).isEqualTo(BLOCK - 1);
        assertThat(last.getCompletionTokens()).isEqualTo(1);
        assertThat(last.getFinishReason()).isEqualTo(GenerateResponse.FinishReason.LENGTH);
    }

    @Test
    void whatIsSpeltLikeASpecialTokenIsTextUnlessTheRequestSaysOtherwise() throws IOException {
        publishTinyModel(BLOCK);
        String prompt = "<|endoftext|>";

        List<GenerateResponse> text = generate(request(prompt).setMaxTokens(1));
        List<GenerateResponse> parsed = generate(request(prompt).setMaxTokens(1).setParseSpecial(true));

        assertThat(text.get(text.size() - 1).getPromptTokens()).isGreaterThan(1);
        assertThat(parsed.get(parsed.size() - 1).getPromptTokens()).isEqualTo(1);
    }

    @Test
    void scoresAreLogarithmsOfProbabilities() throws IOException {
        BpeTokenizer tokenizer = publishTinyModel(BLOCK);
        int vocabulary = tokenizer.vocabularySize();
        ScoreRequest.Builder request = ScoreRequest.newBuilder().setModel(model);
        // What may follow one token: all of it, so the probabilities add up to 1.
        for (int next = 0; next < 256; next++) {
            request.addSequencesBuilder().addTokenIds(5).addTokenIds(next);
        }
        ScoreRequest.Builder rest = ScoreRequest.newBuilder().setModel(model);
        for (int next = 256; next < vocabulary; next++) {
            rest.addSequencesBuilder().addTokenIds(5).addTokenIds(next);
        }

        ScoreResponse scores = inference.score(request.build());

        assertThat(scores.getModelVersion()).isEqualTo(model + "/versions/1");
        double sum = Stream.of(scores, inference.score(rest.build()))
                .flatMap(response -> response.getScoresList().stream())
                .mapToDouble(score -> Math.exp(score.getLogProbabilities(0)))
                .sum();
        assertThat(sum).isEqualTo(1, within(1e-5));
    }

    @Test
    void aCancelledCallEndsItsSessionAtOnce() throws Exception {
        publishTinyModel(1 << 14);
        double before = generatedTokens();

        Context.CancellableContext caller = Context.current().withCancellation();
        Iterator<GenerateResponse> stream = caller.call(
                () -> inference.generate(request("the").setTemperature(0).build()));
        stream.next();
        await().until(() -> slots.running() == 1);
        caller.cancel(null);

        await().atMost(2, TimeUnit.SECONDS).until(() -> slots.running() == 0);
        assertThat(generatedTokens() - before).isBetween(1.0, 8000.0);
    }

    @Test
    void aCallWhoseDeadlinePassesEndsItsSession() throws IOException {
        publishTinyModel(1 << 14);
        load();

        Iterator<GenerateResponse> stream = inference
                .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                .generate(request("the").setTemperature(0).build());

        assertThatThrownBy(() -> stream.forEachRemaining(response -> {}))
                .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
                .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await().atMost(2, TimeUnit.SECONDS).until(() -> slots.running() == 0);
    }

    @Test
    void aConnectionThatBreaksEndsItsSession() throws Exception {
        publishTinyModel(1 << 14);
        load();
        double before = generatedTokens();

        try (TcpRelay relay = new TcpRelay(address.getPort())) {
            ManagedChannel broken = ManagedChannelBuilder.forAddress("127.0.0.1", relay.port())
                    .usePlaintext()
                    .build();
            InferenceServiceGrpc.newBlockingStub(broken)
                    .generate(request("the").setTemperature(0).build())
                    .next();
            relay.close();
            broken.shutdownNow();
        }

        await().atMost(2, TimeUnit.SECONDS).until(() -> slots.running() == 0);
        assertThat(generatedTokens() - before).isBetween(1.0, 8000.0);
    }

    @Test
    void aReaderThatDoesNotReadHoldsUpTheModelAndThenLosesIt() throws Exception {
        publishTinyModel(1 << 14);
        load();
        double before = generatedTokens();
        ManagedChannel narrow = NettyChannelBuilder.forAddress("127.0.0.1", address.getPort())
                .usePlaintext()
                .flowControlWindow(1024)
                .build();
        try {
            ClientCall<GenerateRequest, GenerateResponse> call =
                    narrow.newCall(InferenceServiceGrpc.getGenerateMethod(), CallOptions.DEFAULT);
            call.start(new ClientCall.Listener<>() {}, new Metadata());
            call.sendMessage(request("the").setTemperature(0).build());
            call.halfClose();
            await().until(() -> slots.running() == 1);

            await().atMost(10, TimeUnit.SECONDS).until(() -> slots.running() == 0);
            assertThat(generatedTokens() - before).isBetween(1.0, 8000.0);
        } finally {
            narrow.shutdownNow();
        }
    }

    @Test
    void loadsOnceHoweverManyAskAndTellsIt() throws Exception {
        publishTinyModel(BLOCK);
        ExecutorService callers = Executors.newFixedThreadPool(6);
        try {
            List<Future<LoadedModel>> answers =
                    Stream.generate(() -> callers.submit(this::load)).limit(6).toList();
            for (Future<LoadedModel> answer : answers) {
                assertThat(answer.get().getBlock()).isEqualTo(BLOCK);
            }
        } finally {
            callers.shutdownNow();
        }

        assertThat(inference
                        .listLoadedModels(ListLoadedModelsRequest.getDefaultInstance())
                        .getModelsList())
                .extracting(LoadedModel::getModelVersion)
                .containsExactly(model + "/versions/1");
        try (Facts facts = Facts.on("maru.inference.v1")) {
            Fact loaded = facts.await(fact -> fact.subject().startsWith(model));
            assertThat(loaded.type()).isEqualTo("maru.model.loaded.v1");
            ModelLoaded data = ModelLoaded.parseFrom(loaded.data());
            assertThat(data.getModelVersion()).isEqualTo(model + "/versions/1");
            assertThat(data.getParameters()).isEqualTo(load().getParameters());
            assertThat(facts.all())
                    .filteredOn(fact -> fact.subject().startsWith(model))
                    .hasSize(1);
        }
    }

    @Test
    void aModelOnDiskIsReadAgainButNotFetchedAgain() throws IOException {
        publishTinyModel(BLOCK);
        load();
        ModelVersion version = checkpoint.versions.get(model + "/versions/1");
        Path copy = config.workDirectory().resolve("default." + version.getManifestSha256());
        assertThat(copy.resolve("config.json")).hasSameBinaryContentAs(folder.resolve("config.json"));
        unload();
        store.delete(model + "/versions/1/config.json");

        load();
        unload();

        // A copy that has rotted is no copy: it is fetched anew, and there the file is missing now.
        Files.writeString(copy.resolve("config.json"), "{}");
        refused(this::load, Status.Code.NOT_FOUND, "OBJECT_MISSING", model + "/versions/1/config.json");
    }

    @Test
    void aCorruptFileIsRefusedByItsName() throws IOException {
        publishTinyModel(BLOCK);
        String key = model + "/versions/1/model.safetensors";
        byte[] bytes = Files.readAllBytes(folder.resolve("model.safetensors"));
        bytes[bytes.length - 1] ^= 1;
        store.put(key, bytes);

        refused(this::load, Status.Code.DATA_LOSS, "OBJECT_CORRUPT", key + ": sha256 is ");

        store.put(key, new byte[3]);
        refused(this::load, Status.Code.DATA_LOSS, "OBJECT_CORRUPT", key + ": 3 bytes (expected: " + bytes.length);
        assertThat(config.workDirectory()).isDirectoryNotContaining("glob:**/.part-*");
    }

    @Test
    void aCheckpointOfARunThatTrainsWritesAsItsModelWould() throws Exception {
        publishTinyModel(BLOCK);
        List<Integer> expected = ids(generate(request("the end").setMaxTokens(6).setSeed(11)));
        String name = "workspaces/default/runs/" + id + "/checkpoints/train-500";
        Checkpoint registered = checkpoint.register(store, name, folder);

        List<GenerateResponse> told =
                generate(request("the end").setModel(name).setMaxTokens(6).setSeed(11));

        assertThat(ids(told)).isEqualTo(expected);
        // What training alone needs is neither fetched nor looked for.
        assertThat(config.workDirectory().resolve("default." + registered.getManifestSha256()))
                .isDirectoryNotContaining("glob:**/optimizer.safetensors");

        refused(
                () -> generate(request("the").setModel("workspaces/default/runs/" + id + "/checkpoints/train-600")),
                Status.Code.NOT_FOUND,
                "MODEL_MISSING",
                "workspaces/default/runs/" + id + "/checkpoints/train-600: not found");
        checkpoint.checkpoints.put(
                name + "1",
                registered.toBuilder().setState(Checkpoint.State.CORRUPT).build());
        refused(
                () -> generate(request("the").setModel(name + "1")),
                Status.Code.FAILED_PRECONDITION,
                "MODEL_UNUSABLE",
                name + "1: CORRUPT (expected: ACTIVE)");
        refused(
                () -> generate(request("the").setModel("workspaces/default/runs/" + id)),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                "model: ");
    }

    @Test
    void aRottenFileOfACheckpointIsRefusedByItsName() throws Exception {
        publishTinyModel(BLOCK);
        String name = "workspaces/default/runs/" + id + "/checkpoints/train-500";
        checkpoint.register(store, name, folder);
        store.put(name + "/tokenizer.json", "rot".getBytes(StandardCharsets.UTF_8));

        refused(
                () -> generate(request("the").setModel(name)),
                Status.Code.DATA_LOSS,
                "OBJECT_CORRUPT",
                name + "/tokenizer.json: ");
    }

    @Test
    void continuesTextAsALlamaDoes() throws IOException {
        BpeTokenizer tokenizer = tinyTokenizer();
        LlamaConfig shape = new LlamaConfig(tokenizer.vocabularySize(), BLOCK, 2, 4, 2, 16, 24);
        publishTinyModel(tokenizer, shape);
        int[] prompt = tokenizer.encode("the end");
        List<Integer> expected = new ArrayList<>();
        try (Decoder decoder = Decoder.load(Weights.initial(shape, 42), DeviceOptions.allCores())) {
            Sampler sampler = new Sampler(SamplingOptions.greedy());
            float[] logits = decoder.prefill(prompt);
            for (int i = 0; i < 6; i++) {
                expected.add(sampler.next(logits));
                logits = decoder.step(expected.get(i));
            }
        }
        assertThat(expected).doesNotContain(tokenizer.endOfText());

        assertThat(ids(generate(request("the end").setMaxTokens(6).setTemperature(0))))
                .isEqualTo(expected);
    }

    @Test
    void anotherKindOfModelIsRefused() throws IOException {
        publishTinyModel(BLOCK);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"mamba\"}");
        checkpoint.publish(store, id, folder);

        refused(
                this::load,
                Status.Code.FAILED_PRECONDITION,
                "MODEL_UNUSABLE",
                "model_type: mamba (expected: gpt2 or llama or qwen2)");
    }

    @Test
    void aModelThatIsNotThereIsNotFound() {
        refused(this::load, Status.Code.NOT_FOUND, "MODEL_MISSING", model + ": not found (expected: a model version)");
    }

    @Test
    void withoutTheCheckpointServiceWhatIsLoadedGoesOnServing() throws Exception {
        publishTinyModel(BLOCK);
        load();
        checkpoint.close();

        assertThat(generate(request("the").setModel(model + "/versions/1"))).isNotEmpty();
        refused(
                () -> generate(request("the")),
                Status.Code.UNAVAILABLE,
                "CHECKPOINT_UNAVAILABLE",
                "the checkpoint service did not answer");
    }

    @Test
    @Timeout(20)
    void aCheckpointServiceThatHangsIsGivenUp() {
        checkpoint.silent = true;

        refused(this::load, Status.Code.UNAVAILABLE, "CHECKPOINT_UNAVAILABLE", "the checkpoint service did not answer");
    }

    @Test
    void aRequestOutOfBoundsIsRefusedWithItsField() throws IOException {
        publishTinyModel(BLOCK);

        refused(
                () -> generate(request("the").setTemperature(Double.NaN)),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                "temperature: NaN (expected: a number from 0 to 100)");
        refused(
                () -> inference.score(ScoreRequest.newBuilder()
                        .setModel(model)
                        .addSequences(ScoreRequest.Sequence.newBuilder().addTokenIds(1))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "SEQUENCE_INVALID",
                "sequences[0]: 1 tokens (expected: 2 to " + (BLOCK + 1) + ")");
    }

    @Test
    void isReadyWithoutAModelAndCountsWhatItDoes() throws Exception {
        assertThat(get("/q/health/ready").statusCode()).isEqualTo(200);

        publishTinyModel(BLOCK);
        double before = generatedTokens();
        List<GenerateResponse> told = generate(request("the").setTemperature(0));

        assertThat(generatedTokens() - before).isEqualTo(told.size() - 1);
        assertThat(get("/q/metrics").body())
                .contains("maru_inference_time_to_first_token_seconds_count")
                .contains("maru_inference_models_loaded 1.0")
                .contains("maru_inference_running 0.0");
    }

    @Test
    void agreesWithHuggingFace() throws IOException {
        Path weights = Shared.path("data/weights/tiny-gpt2-shakespeare-hf");
        JsonNode facts = new ObjectMapper()
                .readTree(
                        Shared.path("data/facts/tiny-gpt2-shakespeare-hf.json").toFile());
        checkpoint.publish(store, id, weights);

        for (JsonNode prompt : facts.get("prompts")) {
            List<Integer> expected = integers(prompt.get("greedy_ids"));
            List<GenerateResponse> told = generate(
                    request(prompt.get("text").asText()).setTemperature(0).setMaxTokens(expected.size()));
            assertThat(ids(told)).isEqualTo(expected);
            assertThat(text(told)).isEqualTo(prompt.get("greedy_text").asText());
        }

        ScoreRequest.Builder request = ScoreRequest.newBuilder().setModel(model);
        facts.at("/nll/ids_4_windows")
                .forEach(window -> request.addSequencesBuilder().addAllTokenIds(integers(window)));
        double mean = inference.score(request.build()).getScoresList().stream()
                .flatMap(score -> score.getLogProbabilitiesList().stream())
                .mapToDouble(logProbability -> -logProbability)
                .average()
                .orElseThrow();
        assertThat(mean).isEqualTo(facts.at("/nll/mean_nll_of_4_windows").asDouble(), within(1e-5));
    }

    private BpeTokenizer publishTinyModel(int block) throws IOException {
        BpeTokenizer tokenizer = tinyTokenizer();
        return publishTinyModel(tokenizer, new GptConfig(tokenizer.vocabularySize(), block, 2, 2, 16));
    }

    private static BpeTokenizer tinyTokenizer() {
        BpeTrainer trainer = new BpeTrainer(264, TieRule.SMALLEST_IDS);
        trainer.add("the end of the tale is the end of the day");
        return trainer.train();
    }

    private BpeTokenizer publishTinyModel(BpeTokenizer tokenizer, DecoderConfig shape) throws IOException {
        Files.write(folder.resolve("config.json"), shape.toJson());
        Files.write(folder.resolve("tokenizer.json"), tokenizer.toJson());
        Files.write(folder.resolve("tokenizer_config.json"), tokenizer.configJson());
        Weights.initial(shape, 42).save(folder.resolve("model.safetensors"));
        checkpoint.publish(store, id, folder);
        return tokenizer;
    }

    private GenerateRequest.Builder request(String prompt) {
        return GenerateRequest.newBuilder().setModel(model).setPrompt(prompt);
    }

    private List<GenerateResponse> generate(GenerateRequest.Builder request) {
        List<GenerateResponse> told = new ArrayList<>();
        inference.generate(request.build()).forEachRemaining(told::add);
        return told;
    }

    private LoadedModel load() {
        return inference.loadModel(LoadModelRequest.newBuilder().setModel(model).build());
    }

    private void unload() {
        inference.unloadModel(UnloadModelRequest.newBuilder().setModel(model).build());
    }

    private static List<Integer> ids(List<GenerateResponse> told) {
        return told.stream()
                .filter(GenerateResponse::hasTokenId)
                .map(GenerateResponse::getTokenId)
                .toList();
    }

    private static String text(List<GenerateResponse> told) {
        return told.stream().map(GenerateResponse::getText).collect(Collectors.joining());
    }

    private static List<Integer> integers(JsonNode array) {
        List<Integer> integers = new ArrayList<>();
        array.forEach(element -> integers.add(element.asInt()));
        return integers;
    }

    private static void refused(ThrowingCallable call, Status.Code code, String reason, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).startsWith(message);
            assertThat(GrpcFaults.info(e).orElseThrow().getReason()).isEqualTo(reason);
        });
    }

    private double generatedTokens() {
        return get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("maru_inference_generated_tokens_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    private HttpResponse<String> get(String path) {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(address.resolve(path)).build(),
                            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
