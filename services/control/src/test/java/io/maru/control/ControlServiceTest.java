package io.maru.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.PromoteCheckpointRequest;
import io.maru.control.app.RunConductor;
import io.maru.control.domain.RunStatus;
import io.maru.control.store.PostgresRuns;
import io.maru.control.v1.CancelRunRequest;
import io.maru.control.v1.CheckRecipeRequest;
import io.maru.control.v1.ControlServiceGrpc;
import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.ListRunsRequest;
import io.maru.control.v1.ListRunsResponse;
import io.maru.control.v1.PauseRunRequest;
import io.maru.control.v1.ResumeRunRequest;
import io.maru.control.v1.RetryRunRequest;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunChanged;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.RunRejected;
import io.maru.control.v1.RunRequested;
import io.maru.control.v1.Step;
import io.maru.control.v1.SubmitRunRequest;
import io.maru.control.v1.WatchRunRequest;
import io.maru.control.work.RunWork;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.platform.database.Database;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Violation;
import io.maru.platform.event.Fact;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.platform.testkit.Facts;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.proto.GoldenEvent;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Control between its callers, real servers, and neighbours that are played. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "control"))
@QuarkusTestResource(value = NeighbourPort.class, restrictToAnnotatedClass = true)
class ControlServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String MINE = "workspaces/default/";
    private static final String SOURCE = "uploads/0123456789abcdef0123456789abcdef";
    private static final int SOURCE_BYTES = 4_000;
    private static final String RECIPE = """
            name: fable
            priority: 4
            steps:
              - ingest: {}
              - tokenizer: {vocabularySize: 320}
              - encode: {}
              - train: {model: {layers: 2, heads: 2, width: 32, block: 32}, steps: 60, batch: 8}
              - publish: {}
              - evaluate: {maxTokens: 7}
              - serve: {sample: {prompt: Once, maxTokens: 5, temperature: 0, topK: 3, topP: 0.5, seed: 7}}
            """;
    private static final List<String> STEPS =
            List.of("ingest", "tokenizer", "encode", "train", "publish", "evaluate", "serve");
    /** Serving has no command of its own that could be repeated: to load what is loaded is nothing. */
    private static final int COMMANDS = STEPS.size() - 1;

    @TestHTTPResource
    URI address;

    @ConfigProperty(name = NeighbourPort.PROPERTY)
    int neighbourPort;

    @Inject
    ObjectStore store;

    @Inject
    Database database;

    @Inject
    RunConductor conductor;

    @Inject
    PostgresRuns runs;

    @GrpcClient("training")
    Channel training;

    private FakeServices services;
    private ManagedChannel channel;
    private ControlServiceBlockingStub control;

    @BeforeEach
    void start() throws IOException {
        store.createBucketIfAbsent();
        store.put(MINE + SOURCE, "x".repeat(SOURCE_BYTES).getBytes(UTF_8));
        services = new FakeServices(neighbourPort);
        services.start();
        channel = ManagedChannelBuilder.forAddress(address.getHost(), address.getPort())
                .usePlaintext()
                .build();
        control = ControlServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow();
        services.close();
    }

    @Test
    void leadsARecipeThroughAllSteps() {
        Run run = await(submit(), Run.State.SUCCEEDED);

        String id = id(run);
        assertThat(run.getStepsList()).extracting(Step::getName).containsExactlyElementsOf(STEPS);
        assertThat(run.getStepsList())
                .allMatch(Step::hasEndTime)
                .allMatch(step -> step.getState() == Step.State.SUCCEEDED);
        assertThat(step(run, "ingest").getMadeMap()).containsEntry("corpus", MINE + "corpora/" + id + "-ingest");
        assertThat(step(run, "encode").getInputsMap())
                .containsEntry("tokenizer", MINE + "tokenizers/" + id + "-tokenizer");
        assertThat(step(run, "encode").getNumbersMap()).containsEntry("train_tokens", 900.0);
        assertThat(step(run, "train").getMadeMap())
                .containsEntry("training_job", MINE + "trainingJobs/" + id + "-train")
                .containsEntry("checkpoint", run.getName() + "/checkpoints/train-60");
        assertThat(step(run, "train").getNumbersMap()).containsEntry("validation_loss", FakeServices.VALIDATION_LOSS);
        assertThat(step(run, "publish").getMadeMap()).containsEntry("model", MINE + "models/fable/versions/1");
        assertThat(step(run, "evaluate").getNumbersMap())
                .containsEntry("bits_per_byte", FakeServices.BITS_PER_BYTE)
                .containsEntry("perplexity", FakeServices.PERPLEXITY);
        assertThat(step(run, "serve").getText()).isEqualTo("once upon a\uFFFDtime");
        assertThat(run.hasEndTime()).isTrue();
        assertThat(run.getPriority()).isEqualTo(4);
        assertThat(services.servings).singleElement().satisfies(request -> {
            assertThat(request.getModel()).isEqualTo(MINE + "models/fable/versions/1");
            assertThat(request.getSpec().getSample().getPrompt()).isEqualTo("Once");
            assertThat(request.getSpec().getSample().getTemperature()).isZero();
            assertThat(request.getSpec().getSample().getSeed()).isEqualTo(7);
        });
    }

    @Test
    void aSampleIsCheckedAgainstTheContextOfTheModelThatIsGoingToBe() {
        control.checkRecipe(CheckRecipeRequest.newBuilder().setRecipe(RECIPE).build());

        assertThat(services.checkedBlock).isEqualTo(32);
    }

    @Test
    void everyCommandCarriesTheSpecAsItIsWrittenAndThePriority() {
        Run run = await(submit(), Run.State.SUCCEEDED);

        CreateTrainingJobRequest train = effect(run, "train", CreateTrainingJobRequest.class);
        assertThat(train.getSpec().getModel().getWidth()).isEqualTo(32);
        assertThat(train.getSpec().hasLearningRate())
                .as("what is not written is training's")
                .isFalse();
        assertThat(train.getTraining()).isEqualTo("train");
        assertThat(train.getPriority()).isEqualTo(4);
        assertThat(train.getRecipe()).isEqualTo(RECIPE);
        assertThat(effect(run, "evaluate", CreateEvaluationRequest.class)
                        .getSpec()
                        .getMaxTokens())
                .isEqualTo(7);
        assertThat(effect(run, "publish", PromoteCheckpointRequest.class).getModelId())
                .isEqualTo("fable");
    }

    @Test
    void goesOnFromAPublishedModelWithItsTokenizerOnAnotherCorpus() {
        services.models.put(MINE + "models/tales", 3);
        services.tokenizers.put(MINE + "tokenizers/of-models", Tokenizer.State.READY);

        Run run = await(submit("""
                name: more
                steps:
                  - ingest: {}
                  - encode: {tokenizer: models/tales}
                  - train: {init: models/tales, steps: 5}
                  - publish: {}
                  - evaluate: {}
                """, SOURCE), Run.State.SUCCEEDED);

        assertThat(effect(run, "encode", CreateDatasetRequest.class).getTokenizer())
                .isEqualTo(MINE + "tokenizers/of-models");
        CreateTrainingJobRequest train = effect(run, "train", CreateTrainingJobRequest.class);
        assertThat(train.getInit()).as("the version that there was").isEqualTo(MINE + "models/tales/versions/3");
        assertThat(train.getSpec().hasModel()).isFalse();
        assertThat(train.getTokenizer())
                .as("for those who go on from this one")
                .isEqualTo(MINE + "tokenizers/of-models");
        assertThat(step(run, "publish").getMadeMap()).containsEntry("model", MINE + "models/more/versions/1");
    }

    @Test
    void importsAModelAndTrainsItFurtherWithTheTokenizerThatCameWithIt() {
        services.tokenizers.put(MINE + "tokenizers/foreign", Tokenizer.State.READY);

        Run run = await(submit("""
                name: assistant
                steps:
                  - import: {source: inbox/smollm2, model: models/base}
                  - ingest: {}
                  - encode: {}
                  - train: {init: import, steps: 5}
                  - publish: {}
                """, SOURCE), Run.State.SUCCEEDED);

        CreateImportRequest asked = effect(run, "import", CreateImportRequest.class);
        assertThat(asked.getSpec().getSource()).isEqualTo("inbox/smollm2");
        assertThat(asked.getModelId()).isEqualTo("base");
        assertThat(asked.getRun()).isEqualTo(run.getName());
        assertThat(step(run, "import").getNumbersMap()).containsEntry("parameters", 134_515_008.0);
        assertThat(effect(run, "encode", CreateDatasetRequest.class).getTokenizer())
                .isEqualTo(MINE + "tokenizers/foreign");
        assertThat(effect(run, "train", CreateTrainingJobRequest.class).getInit())
                .isEqualTo(MINE + "models/base/versions/1");
        assertThat(step(run, "publish").getMadeMap()).containsEntry("model", MINE + "models/assistant/versions/1");
    }

    @Test
    void aCancelEndsAnImportThatIsAtWork() {
        services.hold("import");
        Run run = awaitCommanded(submit("""
                name: foreign
                steps:
                  - import: {source: inbox/smollm2}
                """), "import");

        control.cancelRun(CancelRunRequest.newBuilder().setName(run.getName()).build());

        await(run, Run.State.CANCELLED);
        assertThat(services.cancelled).containsExactly(MINE + "imports/" + id(run) + "-import");
    }

    @Test
    void evaluatesOneModelOnTwoDatasetsSideBySide() {
        services.models.put(MINE + "models/tales", 1);
        services.tokenizers.put(MINE + "tokenizers/gpt2", Tokenizer.State.READY);
        services.datasets.put(MINE + "datasets/news", Dataset.State.SEALED);
        services.datasets.put(MINE + "datasets/verse", Dataset.State.SEALED);
        services.hold("evaluate");
        services.hold("evaluate-2");

        Run run = submit("""
                name: twice
                steps:
                  - evaluate: {model: models/tales, dataset: datasets/news}
                  - evaluate: {model: models/tales, dataset: datasets/verse}
                """);
        awaitCommanded(run, "evaluate");
        awaitCommanded(run, "evaluate-2");
        services.release("evaluate-2");
        awaitStep(run, "evaluate-2", Step.State.SUCCEEDED);
        assertThat(step(get(run.getName()), "evaluate").getState()).isEqualTo(Step.State.RUNNING);
        services.release("evaluate");

        Run ended = await(run, Run.State.SUCCEEDED);
        assertThat(effect(ended, "evaluate", CreateEvaluationRequest.class).getDataset())
                .isEqualTo(MINE + "datasets/news");
        assertThat(effect(ended, "evaluate-2", CreateEvaluationRequest.class).getDataset())
                .isEqualTo(MINE + "datasets/verse");
    }

    @Test
    void trainsOneDatasetTwiceInOneRun() {
        services.hold("first");
        services.hold("second");
        String recipe = """
                name: seeds
                steps:
                  - ingest: {}
                  - tokenizer: {}
                  - encode: {}
                  - train: {name: first, model: {layers: 1, heads: 1, width: 8, block: 8}, steps: 5, seed: 1}
                  - train: {name: second, model: {layers: 1, heads: 1, width: 8, block: 8}, steps: 5, seed: 2}
                  - publish: {from: first, model: models/first}
                  - publish: {from: second, model: models/second}
                """;
        Run run = submit(recipe, SOURCE);
        awaitCommanded(run, "first");
        awaitCommanded(run, "second");
        services.release("second");
        awaitStep(run, "publish-2", Step.State.SUCCEEDED);
        assertThat(get(run.getName()).getState()).isEqualTo(Run.State.RUNNING);
        services.release("first");

        Run ended = await(run, Run.State.SUCCEEDED);
        CreateTrainingJobRequest first = effect(ended, "first", CreateTrainingJobRequest.class);
        CreateTrainingJobRequest second = effect(ended, "second", CreateTrainingJobRequest.class);
        assertThat(first.getDataset()).isEqualTo(second.getDataset());
        assertThat(first.getSpec().getSeed()).isEqualTo(1);
        assertThat(second.getSpec().getSeed()).isEqualTo(2);
        assertThat(effect(ended, "publish-2", PromoteCheckpointRequest.class).getCheckpoint())
                .isEqualTo(run.getName() + "/checkpoints/second-5");
    }

    @Test
    void aRegisteredTokenizerTakesThePlaceOfANewOne() {
        services.tokenizers.put(MINE + "tokenizers/gpt2", Tokenizer.State.READY);
        String recipe = RECIPE.replace("  - tokenizer: {vocabularySize: 320}\n", "")
                .replace("encode: {}", "encode: {tokenizer: tokenizers/gpt2}");

        Run run = await(submit(recipe, SOURCE), Run.State.SUCCEEDED);

        assertThat(effect(run, "encode", CreateDatasetRequest.class).getTokenizer())
                .isEqualTo(MINE + "tokenizers/gpt2");
        assertThat(control.checkRecipe(CheckRecipeRequest.newBuilder()
                                .setRecipe(recipe)
                                .build())
                        .getStepsList())
                .filteredOn(step -> step.getStep().equals("train"))
                .singleElement()
                .satisfies(step -> assertThat(step.getNumbersMap()).containsEntry("parameters", 1000.0 + 50_257));
    }

    @Test
    void tellsEveryMistakeOfEveryStepAtOnce() throws Exception {
        services.tokenizers.put(MINE + "tokenizers/young", Tokenizer.State.TRAINING);
        String recipe = """
                name: wrong
                steps:
                  - ingest: {validationFraction: 2, fraction: 0.1}
                  - encode: {tokenizer: tokenizers/young}
                  - train: {model: {layers: 0, heads: many, width: 32, block: 60000}, steps: 10, learningrate: 1}
                  - evaluate: {model: models/none}
                """;

        assertThatThrownBy(() -> submit(recipe, SOURCE)).isInstanceOfSatisfying(StatusRuntimeException.class, error -> {
            assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(GrpcFaults.info(error).orElseThrow().getReason()).isEqualTo("RECIPE_INVALID");
            assertThat(GrpcFaults.violations(error))
                    .extracting(violation -> violation.path())
                    .containsExactlyInAnyOrder(
                            "steps[0].ingest.validationFraction",
                            "steps[0].ingest.fraction",
                            "steps[1].encode.tokenizer",
                            "steps[2].train.model.layers",
                            "steps[2].train.model.heads",
                            "steps[2].train.model.block",
                            "steps[2].train.learningrate",
                            "steps[3].evaluate.model");
            assertThat(error.getStatus().getDescription())
                    .contains(
                            "steps[2].train.learningrate: an unknown key (expected: a known one; the nearest is"
                                    + " steps[2].train.learningRate)",
                            "steps[1].encode.tokenizer: tokenizers/young is TRAINING (expected: READY)",
                            "steps[3].evaluate.model: models/none (expected: one that exists)");
            assertThat(error.getStatus().getDescription().lines()).hasSize(8);
        });
        services.stop();
        assertRefused(() -> submit(recipe, SOURCE), Status.Code.UNAVAILABLE, "NEIGHBOUR_UNAVAILABLE");
        services.start();
    }

    @Test
    void whatNoServiceCanSayNowIsLeftToItsTurn() throws Exception {
        services.stop();

        CheckRecipeRequest request =
                CheckRecipeRequest.newBuilder().setRecipe(RECIPE).build();
        assertThat(control.checkRecipe(request).getStepsCount()).isEqualTo(STEPS.size());
        assertThatThrownBy(() -> control.checkRecipe(request.toBuilder()
                        .setRecipe(RECIPE.replace("layers: 2", "layers: 0"))
                        .build()))
                .as("what the contract says of a field is known without its service")
                .hasMessageContaining("steps[3].train.model.layers: 0");

        services.start();
    }

    @Test
    void tellsOfEachNewState() {
        Run run = await(submit(), Run.State.SUCCEEDED);

        try (Facts facts = Facts.on("maru.control.v1")) {
            List<String> told = facts
                    .await(2 * STEPS.size() + 1, fact -> fact.subject().equals(run.getName()))
                    .stream()
                    .map(ControlServiceTest::changed)
                    .map(change -> "%s %s %s".formatted(change.getState(), change.getStep(), change.getStepState()))
                    .toList();
            assertThat(told)
                    .startsWith("PENDING  ", "RUNNING ingest RUNNING", "RUNNING ingest SUCCEEDED")
                    .contains("RUNNING evaluate RUNNING", "RUNNING serve RUNNING")
                    .doesNotHaveDuplicates();
            assertThat(told.get(told.size() - 1)).startsWith("SUCCEEDED ").endsWith(" SUCCEEDED");
        }
    }

    @Test
    void theSameRequestIsTheSameRun() {
        SubmitRunRequest request = request();

        Run first = control.submitRun(request);

        assertThat(control.submitRun(request).getName()).isEqualTo(first.getName());
        assertRefused(
                () -> control.submitRun(
                        request.toBuilder().setRecipe(RECIPE + "\n").build()),
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED");
    }

    @Test
    void aWorkspaceSeesNothingOfAnother() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), "other");
        ControlServiceBlockingStub other = control.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        Run mine = await(submit(), Run.State.SUCCEEDED);

        assertRefused(
                () -> other.getRun(
                        GetRunRequest.newBuilder().setName(mine.getName()).build()),
                Status.Code.PERMISSION_DENIED,
                "PERMISSION_DENIED");
        assertRefused(
                () -> other.getRun(
                        GetRunRequest.newBuilder().setName("runs/" + id(mine)).build()),
                Status.Code.NOT_FOUND,
                "RUN_NOT_FOUND");
        assertThat(other.listRuns(ListRunsRequest.getDefaultInstance()).getRunsList())
                .isEmpty();
        assertRefused(() -> other.submitRun(request()), Status.Code.NOT_FOUND, "SOURCE_MISSING");

        store.put("workspaces/other/" + SOURCE, "x".repeat(SOURCE_BYTES).getBytes(UTF_8));
        Run theirs = other.submitRun(
                request().toBuilder().setRequestId("shared between workspaces").build());
        control.submitRun(
                request().toBuilder().setRequestId("shared between workspaces").build());
        assertThat(theirs.getName()).startsWith("workspaces/other/runs/");
        Run ended = Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> other.getRun(GetRunRequest.newBuilder()
                                .setName(theirs.getName())
                                .build()),
                        run -> run.getState() == Run.State.SUCCEEDED);
        assertThat(step(ended, "publish").getMadeMap())
                .containsEntry("model", "workspaces/other/models/fable/versions/1");
    }

    @Test
    void anEventStartsOneRunHoweverOftenItComes() {
        String id = UUID.randomUUID().toString();
        RunRequested request =
                RunRequested.newBuilder().setRecipe(RECIPE).addSources(SOURCE).build();
        try (Facts requests = Facts.on("maru.run-requests.v1")) {
            Fact event = new Fact(id, "maru.run.requested.v1", "nightly", "", Instant.now(), request.toByteArray());
            requests.publish(event);
            requests.publish(event);
        }

        Run run = awaitRunOf(id);
        await(run, Run.State.SUCCEEDED);
        assertThat(services.effects("runs/" + id(run))).isEqualTo(COMMANDS);
        List<String> made = database.inTransaction(
                sql -> sql.list("select name from run where request_key like ?", row -> row.getString(1), "%" + id));
        assertThat(made).hasSize(1);
    }

    @Test
    void anEventInJsonStartsARunToo() {
        String id = UUID.randomUUID().toString();
        try (Facts requests = Facts.on("maru.run-requests.v1")) {
            requests.publish(json(
                    id,
                    "{\"recipe\": \"name: fable\\nsteps: [ingest: {}]\\n\", \"sources\": [\"%s\"]}".formatted(SOURCE)));
        }

        await(awaitRunOf(id), Run.State.SUCCEEDED);
    }

    @Test
    void anEventThatCannotBecomeARunIsRejectedAndTheNextOneIsTaken() {
        String bad = UUID.randomUUID().toString();
        String unreadable = UUID.randomUUID().toString();
        String good = UUID.randomUUID().toString();
        try (Facts requests = Facts.on("maru.run-requests.v1");
                Facts facts = Facts.on("maru.control.v1")) {
            requests.publish(json(bad, "{\"recipe\": \"name: X\", \"sources\": [\"%s\"]}".formatted(SOURCE)));
            requests.publish(json(unreadable, "{\"recipes\": 1}"));
            requests.publish(json(
                    good,
                    "{\"recipe\": \"%s\", \"sources\": [\"%s\"]}".formatted(RECIPE.replace("\n", "\\n"), SOURCE)));

            assertThat(rejected(facts, bad).getReason()).isEqualTo("RECIPE_INVALID");
            assertThat(rejected(facts, bad).getMessage()).startsWith("name: \"X\" (expected: lowercase letters");
            assertThat(rejected(facts, unreadable).getReason()).isEqualTo("INVALID_ARGUMENT");
        }
        await(awaitRunOf(good), Run.State.SUCCEEDED);
    }

    @Test
    void readsTheGoldenRequest() {
        String id = UUID.randomUUID().toString();
        GoldenEvent golden = GoldenEvent.read("maru.run.requested.v1");
        try (Facts requests = Facts.on(golden.topic());
                Facts facts = Facts.on("maru.control.v1")) {
            requests.publish(new Fact(id, golden.type(), golden.key(), "", Instant.now(), golden.bytes()));

            assertThat(rejected(facts, id).getMessage())
                    .isEqualTo("sources[0]: there is no inbox/stories.txt (expected: one that was uploaded)");
        }
    }

    @Test
    void writesNothingOverAStatusThatHasMovedOn() {
        Run run = await(submit(), Run.State.SUCCEEDED);
        io.maru.control.domain.Run old = runs.find(run.getName()).orElseThrow();
        io.maru.control.domain.Run stale = old.with(RunStatus.submitted(old.plan(), Instant.now()));

        assertThat(runs.save(stale, stale.status().begin("ingest", Instant.now())))
                .isFalse();

        assertThat(runs.find(run.getName())).contains(old);
        assertThat(events(run.getName(), 0)).hasSize((int) run.getSequence());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ingest", "tokenizer", "encode", "train", "publish", "evaluate", "serve"})
    void aCancelEndsTheStepThatIsAtWork(String step) {
        services.hold(step);
        Run run = awaitCommanded(submit(), step);

        control.cancelRun(CancelRunRequest.newBuilder().setName(run.getName()).build());

        Run ended = await(run, Run.State.CANCELLED);
        assertThat(step(ended, step).getState()).isEqualTo(Step.State.CANCELLED);
        assertThat(ended.getStepsList()).noneMatch(one -> one.getState() == Step.State.PENDING);
        if (!List.of("publish", "serve").contains(step)) {
            assertThat(services.cancelled).singleElement().asString().endsWith("/" + id(run) + "-" + step);
        }
        assertThat(control.cancelRun(CancelRunRequest.newBuilder()
                                .setName(run.getName())
                                .build())
                        .getSequence())
                .isEqualTo(ended.getSequence());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ingest", "tokenizer", "encode", "train", "publish", "evaluate", "serve"})
    void aConductorThatComesBackGoesOnWhereTheLastOneStopped(String step) {
        services.hold(step);
        Run run = awaitCommanded(submit(), step);

        // The process that conducts dies with the lease in hand: nobody gives it back. Under another kind, only the new
        // conductor can find the run once the lease has run out.
        database.run(sql -> sql.update(
                "update work set kind = 'orphan', owner = 'dead', expire_time = now() + interval '200 milliseconds'"
                        + " where name = ?",
                run.getName()));
        WorkQueue queue = new WorkQueue(database, Duration.ofSeconds(10));
        Worker another = new Worker(queue, "orphan", 20, new RunWork(runs, queue, conductor));
        services.release(step);
        another.start();
        try {
            await(run, Run.State.SUCCEEDED);
        } finally {
            another.close();
        }
        assertThat(services.effects("runs/" + id(run))).isEqualTo(COMMANDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ingest", "tokenizer", "encode", "train", "evaluate"})
    void aFailedStepFailsTheRunWithItsServicesWords(String step) {
        services.fail(step, "DISK_FULL");

        Run run = await(submit(), Run.State.FAILED);

        Step failed = step(run, step);
        assertThat(failed.getState()).isEqualTo(Step.State.FAILED);
        assertThat(failed.getFailure().getDomain())
                .isEqualTo(
                        switch (step) {
                            case "ingest" -> "maru.ingestion";
                            case "tokenizer", "encode" -> "maru.tokenization";
                            case "train" -> "maru.training";
                            default -> "maru.evaluation";
                        });
        assertThat(failed.getFailure().getReason()).isEqualTo("DISK_FULL");
        assertThat(failed.getFailure().getMessage()).isEqualTo("failed by the test");
        if (step.equals("evaluate")) {
            assertThat(step(run, "serve").getState())
                    .as("it does not wait for it")
                    .isEqualTo(Step.State.SUCCEEDED);
        } else {
            assertThat(step(run, "serve").getState()).isEqualTo(Step.State.SKIPPED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "publish", "serve"})
    void aRefusedCommandFailsTheRunWithTheRefusal(String step) {
        services.refuse(step, "TOO_LARGE");

        Run run = await(submit(), Run.State.FAILED);

        assertThat(step(run, step).getFailure().getReason()).isEqualTo("TOO_LARGE");
        assertThat(step(run, step).getFailure().getMessage()).isEqualTo("refused by the test");
    }

    @Test
    void aRetryDoesAFailedStepAgainWithoutTheOthers() {
        services.fail("train", "WORKER_LOST");
        Run failed = await(submit(), Run.State.FAILED);
        services.repair("train");

        Run begun = control.retryRun(
                RetryRunRequest.newBuilder().setName(failed.getName()).build());
        assertThat(begun.hasEndTime()).isFalse();
        Run ended = await(failed, Run.State.SUCCEEDED);

        String id = id(failed);
        assertThat(step(ended, "train").getAttempt()).isEqualTo(2);
        assertThat(step(ended, "train").getMadeMap())
                .containsEntry("training_job", MINE + "trainingJobs/" + id + "-train-a2")
                .containsEntry("checkpoint", failed.getName() + "/checkpoints/train-a2-60");
        assertThat(step(ended, "encode").getAttempt()).isEqualTo(1);
        assertThat(services.effects("runs/" + id)).isEqualTo(COMMANDS + 1);
        assertThat(events(failed.getName(), 0))
                .extracting(RunEvent::getSequence)
                .as("a watch goes on beyond the first end")
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, ended.getSequence()).boxed().toList());
        assertRefused(
                () -> control.retryRun(
                        RetryRunRequest.newBuilder().setName(failed.getName()).build()),
                Status.Code.FAILED_PRECONDITION,
                "WRONG_STATE");
        assertRefused(
                () -> control.retryRun(RetryRunRequest.newBuilder()
                        .setName(failed.getName())
                        .setStep("none")
                        .build()),
                Status.Code.NOT_FOUND,
                "STEP_NOT_FOUND");
    }

    @Test
    void waitsForServicesThatAreAwayAndSaysSoOnce() throws Exception {
        services.hold("train");
        Run run = awaitCommanded(submit(), "train");

        services.stop();
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(events(run.getName(), 0).stream()
                        .filter(event -> event.getMessage().startsWith("waiting for maru.training")))
                .hasSize(1));
        services.release("train");
        services.start();

        await(run, Run.State.SUCCEEDED);
        assertThat(events(run.getName(), 0))
                .filteredOn(event -> event.getMessage().startsWith("waiting for"))
                .hasSize(1);
        assertThat(services.effects("runs/" + id(run))).isEqualTo(COMMANDS);
    }

    @Test
    void itsChannelsCanBeToldToConnect() {
        // Only such a channel can be told to connect at once; NeighbourTest has what follows from it.
        assertThat(training).isInstanceOf(ManagedChannel.class);
    }

    @Test
    void oneLongTrainingKeepsNoOtherRunBack() {
        services.hold("train");
        List<Run> training = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            training.add(submit());
        }

        training.forEach(run -> awaitCommanded(run, "train"));

        services.release("train");
        training.forEach(run -> await(run, Run.State.SUCCEEDED));
    }

    @Test
    void aPausedTrainingPausesTheRun() {
        services.hold("train");
        services.pauseTraining(true);
        Run run = await(submit(), Run.State.PAUSED);

        services.pauseTraining(false);
        await(run, Run.State.RUNNING);

        services.release("train");
        await(run, Run.State.SUCCEEDED);
    }

    @Test
    void tellsWhyATrainingPausedByItself() {
        services.hold("train");
        services.pauseTraining("step 7: loss NaN, gradient norm NaN (expected: finite numbers); batch 6");
        Run run = await(submit(), Run.State.PAUSED);

        assertThat(step(run, "train").getMessage()).startsWith("step 7: loss NaN");

        services.pauseTraining(false);
        services.release("train");
        await(run, Run.State.SUCCEEDED);
        assertThat(events(run.getName(), 0))
                .filteredOn(event -> event.getState() == Run.State.PAUSED)
                .extracting(RunEvent::getMessage)
                .containsExactly(step(run, "train").getMessage());
    }

    @Test
    void pausesAndResumesARunThatTrains() {
        services.hold("train");
        Run run = submit();
        awaitCommanded(run, "train");
        PauseRunRequest pause =
                PauseRunRequest.newBuilder().setName(run.getName()).build();
        ResumeRunRequest resume =
                ResumeRunRequest.newBuilder().setName(run.getName()).build();

        control.pauseRun(pause);
        assertThat(step(await(run, Run.State.PAUSED), "train").getMessage()).isEqualTo("as asked");
        control.pauseRun(pause);
        control.resumeRun(resume);
        assertThat(step(await(run, Run.State.RUNNING), "train").getMessage()).isEmpty();

        services.release("train");
        await(run, Run.State.SUCCEEDED);
        assertRefused(() -> control.pauseRun(pause), Status.Code.FAILED_PRECONDITION, "WRONG_STATE");
    }

    @Test
    void publishesTheCheckpointThatTrainingSaysToGoOnWith() {
        Run last = await(submit(), Run.State.SUCCEEDED);
        Run best = await(submit(RECIPE.replace("steps: 60", "earlyStop: 3, steps: 60"), SOURCE), Run.State.SUCCEEDED);

        assertThat(step(last, "train").getMadeOrThrow("checkpoint")).endsWith("/checkpoints/train-60");
        assertThat(step(best, "train").getMadeOrThrow("checkpoint")).isEqualTo(best.getName() + "/checkpoints/train-1");
        assertThat(step(best, "train").getNumbersOrThrow("validation_loss"))
                .isEqualTo(FakeServices.BEST_VALIDATION_LOSS);
    }

    @Test
    void aWatchTellsEachEventOnceAndResumesWhereItWasCut() {
        Run run = await(submit(), Run.State.SUCCEEDED);

        List<RunEvent> all = events(run.getName(), 0);
        List<RunEvent> rest = events(run.getName(), all.get(4).getSequence());

        assertThat(all)
                .extracting(RunEvent::getSequence)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, run.getSequence()).boxed().toList());
        assertThat(all.get(all.size() - 1).getState()).isEqualTo(Run.State.SUCCEEDED);
        assertThat(rest).containsExactlyElementsOf(all.subList(5, all.size()));
        assertThat(events(run.getName(), run.getSequence())).isEmpty();
        assertRefused(
                () -> events(run.getName(), run.getSequence() + 1), Status.Code.INVALID_ARGUMENT, "INVALID_ARGUMENT");
    }

    @Test
    void aWatchFollowsTraining() {
        services.hold("train");
        Run run = awaitCommanded(submit(), "train");
        Iterator<RunEvent> watch = control.withDeadlineAfter(30, TimeUnit.SECONDS)
                .watchRun(WatchRunRequest.newBuilder().setName(run.getName()).build());

        services.trainTo(30);

        RunEvent event = watch.next();
        while (event.getProgress().getDone() != 30) {
            event = watch.next();
        }
        assertThat(event.getStep()).isEqualTo("train");
        assertThat(event.getStepState()).isEqualTo(Step.State.RUNNING);
        assertThat(event.getProgress().getTotal()).isEqualTo(60);
        assertThat(event.getProgress().getUnit()).isEqualTo("steps");
        assertThat(event.getProgress().getNumbersMap())
                .containsEntry("loss", 3.5)
                .containsEntry("tokens_per_second", 1_000.0);
        // 30 steps of 8 sequences of 32 tokens are left.
        assertThat(event.getProgress().getSecondsLeft()).isEqualTo(30 * 8 * 32 / 1_000.0);
        services.release("train");
        await(run, Run.State.SUCCEEDED);
    }

    @Test
    void listsRunsNewestFirstPageByPage() {
        List<String> submitted = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            submitted.add(0, submit().getName());
        }

        List<String> listed = new ArrayList<>();
        String token = "";
        for (int page = 0; page < 3; page++) {
            ListRunsResponse found = control.listRuns(ListRunsRequest.newBuilder()
                    .setPageSize(2)
                    .setPageToken(token)
                    .build());
            found.getRunsList().forEach(run -> listed.add(run.getName()));
            token = found.getNextPageToken();
        }

        assertThat(listed.subList(0, 5)).isEqualTo(submitted);
        submitted.forEach(name -> await(get(name), Run.State.SUCCEEDED));
    }

    @Test
    void aTextThatGivesNoValidationSplitIsRefusedBeforeAnythingIsQueued() {
        int before = control.listRuns(ListRunsRequest.getDefaultInstance()).getRunsCount();
        services.oneDocument = MINE + SOURCE;

        assertThat(control.checkRecipe(CheckRecipeRequest.newBuilder()
                                .setRecipe(RECIPE)
                                .build())
                        .getStepsCount())
                .as("steps, while the text is not known")
                .isEqualTo(STEPS.size());
        assertThatThrownBy(this::submit)
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> assertThat(GrpcFaults.violations(e))
                        .extracting(Violation::toString)
                        .containsExactly("steps[0].ingest.validationFraction: 0.1 (expected: more)"));

        assertThat(control.listRuns(ListRunsRequest.getDefaultInstance()).getRunsCount())
                .isEqualTo(before);
    }

    @Test
    void whatIngestionFindsInATextDecidesWhetherItIsTooShort() {
        services.trainBytes = 32;

        assertThatThrownBy(this::submit)
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> assertThat(GrpcFaults.violations(e))
                        .extracting(Violation::path)
                        .containsExactly("steps[3].train.model.block"));
        services.trainBytes = 33;
        assertThat(submit().getName()).isNotEmpty();
    }

    @Test
    void refusesBeforeAnythingIsQueued() {
        long before = control.listRuns(
                        ListRunsRequest.newBuilder().setPageSize(1_000).build())
                .getRunsCount();

        assertRefusedWithViolations(() -> submit("name: X", SOURCE));
        assertRefused(() -> submit(RECIPE), Status.Code.INVALID_ARGUMENT, "SOURCES_INVALID");
        assertRefused(() -> submit(RECIPE, SOURCE, "inbox/nothing-here.txt"), Status.Code.NOT_FOUND, "SOURCE_MISSING");
        assertThatThrownBy(() -> submit(RECIPE.replace("block: 32", "block: 4000"), SOURCE))
                .as("a text too short for the model")
                .hasMessageContaining("steps[3].train.model.block: 4000 (expected: at most 3599)");
        assertRefused(
                () -> control.submitRun(request().toBuilder().clearRequestId().build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT");
        assertRefused(() -> get("runs/none"), Status.Code.NOT_FOUND, "RUN_NOT_FOUND");
        assertRefused(() -> get("run"), Status.Code.INVALID_ARGUMENT, "INVALID_NAME");

        assertThat(control.listRuns(
                                ListRunsRequest.newBuilder().setPageSize(1_000).build())
                        .getRunsCount())
                .isEqualTo((int) before);
    }

    /** Through the server that the services use. */
    @Test
    void refusesStringsThatAreNoNamesWithTheirField() {
        assertThatThrownBy(() -> control.submitRun(
                        request().toBuilder().setRequestId("a\0b").build()))
                .hasMessage("INVALID_ARGUMENT: request_id: U+0000 as character 2 (expected: no control characters)");
        assertThatThrownBy(() -> events("runs/\n", 0))
                .hasMessage("INVALID_ARGUMENT: name: U+000A as character 6 (expected: no control characters)");

        byte[] noUtf8 = request().toBuilder().setRequestId("?").build().toByteArray();
        noUtf8[2] = (byte) 0xFF;
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel,
                        ControlServiceGrpc.getSubmitRunMethod().toBuilder(
                                        new RawRequest(),
                                        ControlServiceGrpc.getSubmitRunMethod().getResponseMarshaller())
                                .build(),
                        CallOptions.DEFAULT.withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS),
                        noUtf8))
                .hasMessage("INVALID_ARGUMENT: request_id: bytes that are no text (expected: UTF-8)");
    }

    private static final class RawRequest implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            throw new UnsupportedOperationException("a request is only sent");
        }
    }

    @Test
    void countsRunsAndTimesSteps() throws Exception {
        await(submit(), Run.State.SUCCEEDED);

        String metrics = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address.resolve("/q/metrics")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();

        assertThat(metrics).contains("maru_control_runs{state=\"succeeded\"}");
        assertThat(metrics).contains("maru_control_step_seconds_count{kind=\"tokenizer\",state=\"succeeded\"}");
    }

    private SubmitRunRequest request() {
        return SubmitRunRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setRecipe(RECIPE)
                .addSources(SOURCE)
                .build();
    }

    private Run submit() {
        return control.submitRun(request());
    }

    private Run submit(String recipe, String... sources) {
        return control.submitRun(request().toBuilder()
                .setRecipe(recipe)
                .clearSources()
                .addAllSources(List.of(sources))
                .build());
    }

    private Run get(String name) {
        return control.getRun(GetRunRequest.newBuilder().setName(name).build());
    }

    private <M extends Message> M effect(Run run, String label, Class<M> type) {
        return services.effect("runs/" + id(run), label, type);
    }

    private static Step step(Run run, String name) {
        return run.getStepsList().stream()
                .filter(step -> step.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Run await(Run run, Run.State state) {
        return Awaitility.await().atMost(PATIENCE).until(() -> get(run.getName()), found -> found.getState() == state);
    }

    private Run awaitStep(Run run, String step, Step.State state) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> get(run.getName()), found -> step(found, step).getState() == state);
    }

    /** Waits until the step's command has been given, or refused to a caller who must wait. */
    private Run awaitCommanded(Run run, String step) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> get(run.getName()),
                        found -> step(found, step).getState() == Step.State.RUNNING
                                && (List.of("publish", "serve").contains(step)
                                        || step(found, step).getMadeCount() > 0));
    }

    private Run awaitRunOf(String requestId) {
        String name = Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> database.inTransaction(sql -> sql.first(
                                "select name from run where request_key like ?",
                                row -> row.getString(1),
                                "%" + requestId)),
                        Optional::isPresent)
                .orElseThrow();
        return get(name);
    }

    private List<RunEvent> events(String name, long after) {
        List<RunEvent> events = new ArrayList<>();
        boolean isFinal = get(name).hasEndTime();
        Iterator<RunEvent> watch = control.withDeadlineAfter(20, TimeUnit.SECONDS)
                .watchRun(WatchRunRequest.newBuilder()
                        .setName(name)
                        .setAfterSequence(after)
                        .build());
        long newest = get(name).getSequence();
        while ((isFinal || events.size() < newest - after) && watch.hasNext()) {
            events.add(watch.next());
        }
        return events;
    }

    private static ProducerRecord<String, byte[]> json(String id, String data) {
        ProducerRecord<String, byte[]> record =
                new ProducerRecord<>("maru.run-requests.v1", "key", data.getBytes(UTF_8));
        record.headers()
                .add("ce_specversion", "1.0".getBytes(UTF_8))
                .add("ce_id", id.getBytes(UTF_8))
                .add("ce_type", "maru.run.requested.v1".getBytes(UTF_8))
                .add("ce_source", "/a/script".getBytes(UTF_8))
                .add("content-type", "application/json; charset=utf-8".getBytes(UTF_8));
        return record;
    }

    private static RunRejected rejected(Facts facts, String id) {
        try {
            return RunRejected.parseFrom(
                    facts.await(fact -> fact.subject().equals(id)).data());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static RunChanged changed(Fact fact) {
        try {
            return RunChanged.parseFrom(fact.data());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static String id(Run run) {
        return run.getName().substring(run.getName().lastIndexOf('/') + 1);
    }

    private static void assertRefused(ThrowingCallable call, Status.Code code, String reason) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, error -> {
            assertThat(error.getStatus().getCode()).isEqualTo(code);
            com.google.rpc.Status status = StatusProto.fromThrowable(error);
            assertThat(status.getDetailsList()).singleElement().satisfies(detail -> assertThat(info(detail))
                    .isEqualTo(ErrorInfo.newBuilder()
                            .setDomain("maru.control")
                            .setReason(reason)
                            .build()));
        });
    }

    private static void assertRefusedWithViolations(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(StatusRuntimeException.class, error -> assertThat(GrpcFaults.violations(error))
                        .isNotEmpty());
    }

    private static ErrorInfo info(Any detail) {
        try {
            return detail.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
