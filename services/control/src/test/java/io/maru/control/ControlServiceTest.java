package io.maru.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.maru.control.app.RunConductor;
import io.maru.control.domain.RecipeReader;
import io.maru.control.domain.RunStatus;
import io.maru.control.store.PostgresRuns;
import io.maru.control.store.RunWork;
import io.maru.control.v1.CancelRunRequest;
import io.maru.control.v1.CheckRecipeRequest;
import io.maru.control.v1.ControlServiceGrpc;
import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.ListRunsRequest;
import io.maru.control.v1.ListRunsResponse;
import io.maru.control.v1.PauseRunRequest;
import io.maru.control.v1.ResumeRunRequest;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunChanged;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.RunRejected;
import io.maru.control.v1.RunRequested;
import io.maru.control.v1.Stage;
import io.maru.control.v1.StageTime;
import io.maru.control.v1.SubmitRunRequest;
import io.maru.control.v1.WatchRunRequest;
import io.maru.platform.database.Database;
import io.maru.platform.event.Fact;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.platform.testkit.Facts;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.proto.GoldenEvent;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Control between its callers, real servers, and neighbours that are played. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "control"))
@QuarkusTestResource(value = NeighbourPort.class, restrictToAnnotatedClass = true)
class ControlServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String SOURCE = "uploads/0123456789abcdef0123456789abcdef";
    private static final int SOURCE_BYTES = 4_000;
    private static final String RECIPE = """
            name: fable
            tokenizer: {vocabularySize: 320}
            model: {layers: 2, heads: 2, width: 32, block: 32}
            training: {steps: 60, batch: 8}
            sample: {prompt: Once, maxTokens: 5, temperature: 0, topK: 3, topP: 0.5, seed: 7}
            """;

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
        store.put(SOURCE, "x".repeat(SOURCE_BYTES).getBytes(UTF_8));
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
    void leadsARecipeThroughAllStages() {
        Run run = await(submit(), Run.State.SUCCEEDED);

        String id = id(run);
        assertThat(run.getStagesList()).extracting(StageTime::getStage).containsExactly(stages());
        assertThat(run.getStagesList()).allMatch(StageTime::hasEndTime);
        assertThat(run.getCorpus()).isEqualTo("corpora/" + id);
        assertThat(run.getTokenizer()).isEqualTo("tokenizers/" + id);
        assertThat(run.getDataset()).isEqualTo("datasets/" + id);
        assertThat(run.getDatasetSha256()).isEqualTo("ab12");
        assertThat(run.getTrainingJob()).isEqualTo("trainingJobs/" + id);
        assertThat(run.getCheckpoint()).isEqualTo("runs/" + id + "/checkpoints/60");
        assertThat(run.getModelVersion()).isEqualTo("models/fable/versions/1");
        assertThat(run.getEvaluation()).isEqualTo("evaluations/" + id);
        assertThat(run.getBitsPerByte()).isEqualTo(FakeServices.BITS_PER_BYTE);
        assertThat(run.getPerplexity()).isEqualTo(FakeServices.PERPLEXITY);
        assertThat(run.getValidationLoss()).isEqualTo(FakeServices.VALIDATION_LOSS);
        assertThat(run.getSample()).isEqualTo("once upon a\uFFFDtime");
        assertThat(run.hasEndTime()).isTrue();
        assertThat(run.getFailureReason()).isEmpty();
        assertThat(services.generations).singleElement().satisfies(request -> {
            assertThat(request.getPrompt()).isEqualTo("Once");
            assertThat(request.getMaxTokens()).isEqualTo(5);
            assertThat(request.getTemperature()).isZero();
            assertThat(request.getTopK()).isEqualTo(3);
            assertThat(request.getTopP()).isEqualTo(0.5);
            assertThat(request.getSeed()).isEqualTo(7);
        });
    }

    @Test
    void aRunOfARegisteredTokenizerTrainsNone() {
        services.registered.put("tokenizers/gpt2", Tokenizer.State.READY);
        String recipe = RECIPE.replace("{vocabularySize: 320}", "{use: tokenizers/gpt2}");

        Run run =
                await(control.submitRun(request().toBuilder().setRecipe(recipe).build()), Run.State.SUCCEEDED);

        assertThat(run.getTokenizer()).isEqualTo("tokenizers/gpt2");
        assertThat(run.getStagesList()).extracting(StageTime::getStage).containsExactly(stages());
        assertThat(services.effects).doesNotContainKey(run.getName() + "/train-tokenizer");
        CreateDatasetRequest encoded = (CreateDatasetRequest) services.effects.get(run.getName() + "/encode");
        assertThat(encoded.getTokenizer()).isEqualTo("tokenizers/gpt2");
        assertThat(control.checkRecipe(CheckRecipeRequest.newBuilder()
                                .setRecipe(recipe)
                                .build())
                        .getParameters())
                .isEqualTo(RecipeReader.read(recipe).parameters(50_257));
    }

    @Test
    void aRegisteredTokenizerThatCannotBeUsedIsRefused() throws Exception {
        services.registered.put("tokenizers/young", Tokenizer.State.TRAINING);
        SubmitRunRequest.Builder request = request().toBuilder();

        assertRefused(
                () -> control.submitRun(
                        request.setRecipe(RECIPE.replace("{vocabularySize: 320}", "{use: tokenizers/none}"))
                                .build()),
                Status.Code.NOT_FOUND,
                "TOKENIZER_NOT_FOUND");
        assertRefused(
                () -> control.submitRun(
                        request.setRecipe(RECIPE.replace("{vocabularySize: 320}", "{use: tokenizers/young}"))
                                .build()),
                Status.Code.FAILED_PRECONDITION,
                "TOKENIZER_NOT_READY");
        services.stop();
        assertRefused(() -> control.submitRun(request.build()), Status.Code.UNAVAILABLE, "TOKENIZATION_UNAVAILABLE");
        services.start();
        assertThat(runs.byRequest(request.getRequestId())).isEmpty();
    }

    @Test
    void whatTrainingRefusesIsRefusedAtTheDoor() throws Exception {
        CheckRecipeRequest request = CheckRecipeRequest.newBuilder()
                .setRecipe(RECIPE.replace("block: 32", "block: 60000"))
                .build();

        assertThatThrownBy(() -> control.checkRecipe(request))
                .hasMessage("INVALID_ARGUMENT: model.block: 60000 (expected: less, or a lower training.learningRate)");
        services.stop();
        // Nobody can say now; training will when the run gets there.
        assertThat(control.checkRecipe(request).getParameters()).isPositive();
        services.start();
    }

    @Test
    void cancellingARunLeavesTheRegisteredTokenizerAlone() {
        services.registered.put("tokenizers/gpt2", Tokenizer.State.READY);
        services.hold(Stage.INGEST);
        Run run = control.submitRun(request().toBuilder()
                .setRecipe(RECIPE.replace("{vocabularySize: 320}", "{use: tokenizers/gpt2}"))
                .build());
        // No tokenizer goes back to TRAINING, but so the run stays where a cancel could reach it.
        services.registered.put("tokenizers/gpt2", Tokenizer.State.TRAINING);
        services.release(Stage.INGEST);
        awaitCommanded(run, Stage.TRAIN_TOKENIZER);

        control.cancelRun(CancelRunRequest.newBuilder().setName(run.getName()).build());

        assertThat(await(run, Run.State.CANCELLED).getStage()).isEqualTo(Stage.TRAIN_TOKENIZER);
        assertThat(services.cancelled).isEmpty();
    }

    @Test
    void tellsOfEachNewStateAndStage() {
        Run run = await(submit(), Run.State.SUCCEEDED);

        try (Facts facts = Facts.on("maru.control.v1")) {
            List<String> told = facts
                    .await(stages().length + 2, fact -> fact.subject().equals(run.getName()))
                    .stream()
                    .map(ControlServiceTest::changed)
                    .map(change -> change.getState() + " " + change.getStage())
                    .toList();
            assertThat(told)
                    .containsExactly(
                            "PENDING INGEST",
                            "RUNNING INGEST",
                            "RUNNING TRAIN_TOKENIZER",
                            "RUNNING ENCODE",
                            "RUNNING TRAIN",
                            "RUNNING PUBLISH",
                            "RUNNING EVALUATE",
                            "RUNNING SERVE",
                            "SUCCEEDED SERVE");
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
        assertThat(control.submitRun(request().toBuilder().setRequestId(id).build())
                        .getName())
                .isEqualTo(run.getName());
        assertThat(services.effects(run.getName())).isEqualTo(stages().length - 1);
    }

    @Test
    void anEventInJsonStartsARunToo() {
        String id = UUID.randomUUID().toString();
        try (Facts requests = Facts.on("maru.run-requests.v1")) {
            requests.publish(json(id, """
                    {"recipe": "name: fable\\nmodel: {layers: 1, heads: 1, width: 8, block: 8}\\ntraining: {steps: 2}\\n",
                     "sources": ["%s"]}
                    """.formatted(SOURCE)));
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

            // Its recipe is of another version than this one.
            assertThat(rejected(facts, id).getMessage())
                    .isEqualTo("tokenizer.vocabulary: an unknown key (expected: a known one; the nearest is"
                            + " tokenizer.vocabularySize)");
        }
    }

    @Test
    void writesNothingOverAStatusThatHasMovedOn() {
        Run run = await(submit(), Run.State.SUCCEEDED);
        io.maru.control.domain.Run old = runs.find(run.getName()).orElseThrow();
        io.maru.control.domain.Run stale = new io.maru.control.domain.Run(
                old.name(),
                old.position(),
                old.requestId(),
                old.recipe(),
                old.sources(),
                old.createTime(),
                RunStatus.submitted(Instant.now()));

        assertThat(runs.save(stale, stale.status().begin(Instant.now()))).isFalse();

        assertThat(runs.find(run.getName())).contains(old);
        assertThat(events(run.getName(), 0)).hasSize((int) run.getSequence());
    }

    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"STAGE_UNSPECIFIED", "UNRECOGNIZED"})
    void aCancelEndsTheStageThatTheRunIsIn(Stage stage) {
        services.hold(stage);
        Run run = awaitCommanded(submit(), stage);

        control.cancelRun(CancelRunRequest.newBuilder().setName(run.getName()).build());

        Run ended = await(run, Run.State.CANCELLED);
        assertThat(ended.getStage()).isEqualTo(stage);
        assertThat(ended.getStagesList()).allMatch(StageTime::hasEndTime);
        if (stage != Stage.PUBLISH && stage != Stage.SERVE) {
            assertThat(services.cancelled).singleElement().asString().endsWith("/" + id(run));
        }
        assertThat(control.cancelRun(CancelRunRequest.newBuilder()
                                .setName(run.getName())
                                .build())
                        .getSequence())
                .isEqualTo(ended.getSequence());
    }

    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"STAGE_UNSPECIFIED", "UNRECOGNIZED"})
    void aConductorThatComesBackGoesOnWhereTheLastOneStopped(Stage stage) {
        services.hold(stage);
        Run run = awaitCommanded(submit(), stage);

        // The process that conducts dies with the lease in hand: nobody gives it back. Under another kind, only the new
        // conductor can find the run once the lease has run out.
        database.run(sql -> sql.update(
                "update work set kind = 'orphan', owner = 'dead', expire_time = now() + interval '200 milliseconds'"
                        + " where name = ?",
                run.getName()));
        WorkQueue queue = new WorkQueue(database, Duration.ofSeconds(10));
        Worker another = new Worker(queue, "orphan", 20, new RunWork(database, queue, conductor));
        services.release(stage);
        another.start();
        try {
            await(run, Run.State.SUCCEEDED);
        } finally {
            another.close();
        }
        assertThat(services.effects(run.getName())).isEqualTo(stages().length - 1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            names = {"INGEST", "TRAIN_TOKENIZER", "ENCODE", "TRAIN", "EVALUATE"})
    void aFailedStageFailsTheRunWithItsServicesWords(Stage stage) {
        services.fail(stage, "DISK_FULL");

        Run run = await(submit(), Run.State.FAILED);

        assertThat(run.getStage()).isEqualTo(stage);
        assertThat(run.getFailureDomain())
                .isEqualTo(
                        switch (stage) {
                            case INGEST -> "maru.ingestion";
                            case TRAIN_TOKENIZER, ENCODE -> "maru.tokenization";
                            case TRAIN -> "maru.training";
                            default -> "maru.evaluation";
                        });
        assertThat(run.getFailureReason()).isEqualTo("DISK_FULL");
        assertThat(run.getFailureMessage()).isEqualTo("failed by the test");
    }

    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            names = {"TRAIN", "PUBLISH", "SERVE"})
    void aRefusedCommandFailsTheRunWithTheRefusal(Stage stage) {
        services.refuse(stage, "TOO_LARGE");

        Run run = await(submit(), Run.State.FAILED);

        assertThat(run.getStage()).isEqualTo(stage);
        assertThat(run.getFailureReason()).isEqualTo("TOO_LARGE");
        assertThat(run.getFailureMessage()).isEqualTo("refused by the test");
    }

    @Test
    void waitsForServicesThatAreAwayAndSaysSoOnce() throws Exception {
        services.hold(Stage.TRAIN);
        Run run = awaitCommanded(submit(), Stage.TRAIN);

        services.stop();
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(events(run.getName(), 0).stream()
                        .filter(event -> event.getMessage().startsWith("waiting for maru.training")))
                .hasSize(1));
        services.release(Stage.TRAIN);
        services.start();

        await(run, Run.State.SUCCEEDED);
        assertThat(events(run.getName(), 0))
                .filteredOn(event -> event.getMessage().startsWith("waiting for"))
                .hasSize(1);
        assertThat(services.effects(run.getName())).isEqualTo(stages().length - 1);
    }

    @Test
    void itsChannelsCanBeToldToConnect() {
        // Only such a channel can be told to connect at once; NeighbourTest has what follows from it.
        assertThat(training).isInstanceOf(ManagedChannel.class);
    }

    @Test
    void oneLongTrainingKeepsNoOtherRunBack() {
        services.hold(Stage.TRAIN);
        List<Run> training = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            training.add(submit());
        }

        training.forEach(run -> awaitCommanded(run, Stage.TRAIN));

        services.release(Stage.TRAIN);
        training.forEach(run -> await(run, Run.State.SUCCEEDED));
    }

    @Test
    void aPausedTrainingPausesTheRun() {
        services.hold(Stage.TRAIN);
        services.pauseTraining(true);
        Run run = await(submit(), Run.State.PAUSED);

        services.pauseTraining(false);
        await(run, Run.State.RUNNING);

        services.release(Stage.TRAIN);
        await(run, Run.State.SUCCEEDED);
    }

    @Test
    void tellsWhyATrainingPausedByItself() {
        services.hold(Stage.TRAIN);
        services.pauseTraining("step 7: loss NaN, gradient norm NaN (expected: finite numbers); batch 6");
        Run run = await(submit(), Run.State.PAUSED);

        assertThat(run.getPauseReason()).startsWith("step 7: loss NaN");

        services.pauseTraining(false);
        services.release(Stage.TRAIN);
        await(run, Run.State.SUCCEEDED);
        assertThat(get(run.getName()).getPauseReason()).isEmpty();
        assertThat(events(run.getName(), 0))
                .filteredOn(event -> event.getState() == Run.State.PAUSED)
                .extracting(RunEvent::getMessage)
                .containsExactly(run.getPauseReason());
    }

    @Test
    void pausesAndResumesARunThatTrains() {
        services.hold(Stage.TRAIN);
        Run run = submit();
        awaitCommanded(run, Stage.TRAIN);
        PauseRunRequest pause =
                PauseRunRequest.newBuilder().setName(run.getName()).build();
        ResumeRunRequest resume =
                ResumeRunRequest.newBuilder().setName(run.getName()).build();

        control.pauseRun(pause);
        assertThat(await(run, Run.State.PAUSED).getPauseReason()).isEqualTo("as asked");
        control.pauseRun(pause);
        control.resumeRun(resume);
        assertThat(await(run, Run.State.RUNNING).getPauseReason()).isEmpty();

        services.release(Stage.TRAIN);
        await(run, Run.State.SUCCEEDED);
        assertRefused(() -> control.pauseRun(pause), Status.Code.FAILED_PRECONDITION, "WRONG_STATE");
    }

    @Test
    void aRunThatMayEndEarlyPublishesItsBestCheckpoint() {
        Run last = await(submit(), Run.State.SUCCEEDED);
        SubmitRunRequest early = request().toBuilder()
                .setRecipe(RECIPE.replace("training: {", "training: {earlyStop: 3, "))
                .build();
        Run best = await(control.submitRun(early), Run.State.SUCCEEDED);

        assertThat(last.getCheckpoint()).doesNotEndWith("/checkpoints/1");
        assertThat(best.getCheckpoint()).isEqualTo(best.getName() + "/checkpoints/1");
        assertThat(best.getValidationLoss()).isEqualTo(FakeServices.BEST_VALIDATION_LOSS);
        assertThat(events(best.getName(), 0))
                .anyMatch(event -> event.getMessage().contains("/checkpoints/1, the best: "));
        assertThat(events(last.getName(), 0))
                .anyMatch(event -> event.getMessage().contains(", the last: "));
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
        services.hold(Stage.TRAIN);
        Run run = awaitCommanded(submit(), Stage.TRAIN);
        Iterator<RunEvent> watch = control.withDeadlineAfter(30, TimeUnit.SECONDS)
                .watchRun(WatchRunRequest.newBuilder().setName(run.getName()).build());

        services.trainTo(30);

        RunEvent event = watch.next();
        while (event.getDone() != 30) {
            event = watch.next();
        }
        assertThat(event.getStage()).isEqualTo(Stage.TRAIN);
        assertThat(event.getTotal()).isEqualTo(60);
        assertThat(event.getUnit()).isEqualTo("steps");
        assertThat(event.getLoss()).isEqualTo(3.5);
        assertThat(event.getTokensPerSecond()).isEqualTo(1_000);
        // 30 steps of 8 sequences of 32 tokens are left.
        assertThat(event.getSecondsLeft()).isEqualTo(30 * 8 * 32 / 1_000.0);
        services.release(Stage.TRAIN);
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
    void refusesBeforeAnythingIsQueued() {
        long before = control.listRuns(
                        ListRunsRequest.newBuilder().setPageSize(1_000).build())
                .getRunsCount();

        assertRefused(
                () -> control.submitRun(
                        request().toBuilder().setRecipe("name: X").build()),
                Status.Code.INVALID_ARGUMENT,
                "RECIPE_INVALID");
        assertRefused(
                () -> control.submitRun(request().toBuilder().clearSources().build()),
                Status.Code.INVALID_ARGUMENT,
                "SOURCES_INVALID");
        assertRefused(
                () -> control.submitRun(request().toBuilder()
                        .addSources("inbox/nothing-here.txt")
                        .build()),
                Status.Code.NOT_FOUND,
                "SOURCE_MISSING");
        assertRefused(
                () -> control.submitRun(request().toBuilder()
                        .setRecipe(RECIPE.replace("block: 32", "block: 400"))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "TEXT_TOO_SHORT");
        assertRefused(
                () -> control.submitRun(request().toBuilder().clearRequestId().build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT");
        assertRefused(
                () -> control.submitRun(
                        request().toBuilder().setRequestId("a\0b").build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT");
        assertRefused(() -> get("runs/none"), Status.Code.NOT_FOUND, "RUN_NOT_FOUND");
        assertRefused(() -> get("run"), Status.Code.INVALID_ARGUMENT, "INVALID_NAME");

        assertThat(control.listRuns(
                                ListRunsRequest.newBuilder().setPageSize(1_000).build())
                        .getRunsCount())
                .isEqualTo((int) before);
    }

    @Test
    void checksARecipeWithoutARun() {
        CheckRecipeRequest request = CheckRecipeRequest.newBuilder()
                .setRecipe("name: gpt2\ntokenizer: {vocabularySize: 50257}\n"
                        + "model: {layers: 12, heads: 12, width: 768, block: 1024}\ntraining: {steps: 10}")
                .build();

        assertThat(control.checkRecipe(request).getParameters()).isEqualTo(124_439_808);
        assertThat(control.checkRecipe(request).getSteps()).isEqualTo(10);
        assertRefused(
                () -> control.checkRecipe(
                        request.toBuilder().setSourceBytes(5_000).build()),
                Status.Code.INVALID_ARGUMENT,
                "TEXT_TOO_SHORT");
    }

    @Test
    void countsRunsAndTimesStages() throws Exception {
        await(submit(), Run.State.SUCCEEDED);

        String metrics = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address.resolve("/q/metrics")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();

        assertThat(metrics).contains("maru_control_runs{state=\"succeeded\"}");
        assertThat(metrics).contains("maru_control_stage_seconds_count{stage=\"train_tokenizer\"}");
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

    private Run get(String name) {
        return control.getRun(GetRunRequest.newBuilder().setName(name).build());
    }

    private Run await(Run run, Run.State state) {
        return Awaitility.await().atMost(PATIENCE).until(() -> get(run.getName()), found -> found.getState() == state);
    }

    /** Waits until the run is in the stage and its command has been given, or refused to a caller who must wait. */
    private Run awaitCommanded(Run run, Stage stage) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> get(run.getName()),
                        found -> found.getStage() == stage
                                && switch (stage) {
                                    case INGEST -> !found.getCorpus().isEmpty();
                                    case TRAIN_TOKENIZER ->
                                        !found.getTokenizer().isEmpty();
                                    case ENCODE -> !found.getDataset().isEmpty();
                                    case TRAIN -> !found.getTrainingJob().isEmpty();
                                    case EVALUATE -> !found.getEvaluation().isEmpty();
                                    default -> true;
                                });
    }

    private Run awaitRunOf(String requestId) {
        String name = Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> database.inTransaction(sql -> sql.first(
                                "select name from run where request_id = ?", row -> row.getString(1), requestId)),
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

    private static Stage[] stages() {
        return new Stage[] {
            Stage.INGEST, Stage.TRAIN_TOKENIZER, Stage.ENCODE, Stage.TRAIN, Stage.PUBLISH, Stage.EVALUATE, Stage.SERVE
        };
    }

    private static String id(Run run) {
        return run.getName().substring("runs/".length());
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

    private static ErrorInfo info(Any detail) {
        try {
            return detail.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
