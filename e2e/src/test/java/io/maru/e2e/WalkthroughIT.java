package io.maru.e2e;

import static io.maru.e2e.Product.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.ManagedChannel;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.maru.control.v1.ControlServiceGrpc;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.ListRunsRequest;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunRequested;
import io.maru.control.v1.Step;
import io.maru.control.v1.SubmitRunRequest;
import io.maru.formats.Document;
import io.maru.formats.DocumentShardReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A document becomes a generated token through every service, real Kafka, PostgreSQL and S3, each in its own process; and
 * again with processes killed on the way. The first run is the measure: whatever is done to a later one, its dataset and its
 * weights have the same digests.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WalkthroughIT {
    private static final Path WORK = Path.of("target", "walkthrough").toAbsolutePath();
    private static final String RECIPE = """
            name: walk
            steps:
              - ingest: {validationFraction: 0.1}
              - tokenizer: {vocabularySize: 400}
              - encode: {}
              - train: {model: {layers: 2, heads: 2, width: 32, block: 32}, steps: 1500, batch: 8, learningRate: 1e-3, warmupSteps: 20, validateEvery: 500, checkpointEvery: 250}
              - publish: {}
              - evaluate: {}
              - serve: {sample: {prompt: "The ", maxTokens: 8, seed: 1}}
            """;

    private static Product product;
    private static Spans spans;
    private static Path recipe;
    private static Path text;
    private static JsonNode undisturbed;

    @BeforeAll
    static void start() throws IOException {
        Files.createDirectories(WORK);
        recipe = Files.writeString(WORK.resolve("walk.yaml"), RECIPE);
        text = Files.writeString(WORK.resolve("text.txt"), sentences(9, 12_000));
        spans = Spans.collect();
        product = new Product(Files.createTempDirectory(WORK, "data"), spans.environment());
    }

    /** Whatever the test before did, all services are there. */
    @BeforeEach
    void awaitReady() {
        product.up();
    }

    @AfterAll
    static void stop() {
        product.down();
        spans.close();
    }

    /** Text with something to learn: who does what where. */
    private static String sentences(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> who = List.of("The fox", "A crow", "My aunt", "그 여우", "The old king", "Nobody");
        List<String> does = List.of("sees", "carries", "hides", "draws", "forgets");
        List<String> what = List.of("a lamp", "the red boat", "두 개의 돌", "three letters", "an apple");
        List<String> where = List.of("in the hall", "by the sea", "산 위에서", "at noon", "under the floor");
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= count; i++) {
            text.append(who.get(random.nextInt(who.size()))).append(' ');
            text.append(does.get(random.nextInt(does.size()))).append(' ');
            text.append(what.get(random.nextInt(what.size()))).append(' ');
            text.append(where.get(random.nextInt(where.size()))).append(".\n");
            if (i % 10 == 0) {
                text.append('\n');
            }
        }
        return text.toString();
    }

    @Test
    @Order(1)
    void aTextBecomesAModelThatGenerates() {
        undisturbed = product.watch(product.submit(recipe, text));

        assertThat(undisturbed.path("state").asText()).isEqualTo("SUCCEEDED");
        assertThat(undisturbed.path("model").asText()).isEqualTo("models/walk/versions/1");
        // The sentences are drawn from four lists of five or so words: far less than a bit a byte once they are
        // learned.
        assertThat(undisturbed.path("validation_bits_per_byte").asDouble()).isBetween(0.1, 2.0);
        assertThat(undisturbed.path("sample").asText()).isNotBlank();
        assertThat(undisturbed.path("dataset_sha256").asText()).hasSize(64);
        assertThat(undisturbed.path("weights_sha256").asText()).hasSize(64);

        String[] generate = {"generate", "models/walk", "The fox", "--max-tokens", "16", "--seed", "7", "--json"};
        JsonNode first = product.maru(generate).json();
        assertThat(first.path("text").asText()).isNotEmpty();
        assertThat(first.path("completion_tokens").asInt()).isBetween(1, 16);
        assertThat(product.maru(generate).json()).isEqualTo(first);
    }

    @Test
    @Order(2)
    void aModelIsTracedToADocumentAndTheDocumentToTheModel() throws IOException {
        JsonNode lineage =
                product.maru("lineage", "models/walk/versions/1", "--json").json();

        assertThat(lineage.path("nodes").findValuesAsText("kind"))
                .contains("model version", "checkpoint", "run", "dataset", "tokenizer", "corpus", "source");
        String corpus = "";
        for (JsonNode node : lineage.path("nodes")) {
            corpus = node.path("kind").asText().equals("corpus")
                    ? node.path("name").asText()
                    : corpus;
        }
        Document document;
        try (DocumentShardReader shard =
                DocumentShardReader.open(product.object("workspaces/default/" + corpus + "/shards/train-00000"))) {
            shard.next();
            document = shard.next();
        }
        JsonNode onwards = product.maru("lineage", corpus + "/documents/" + document.id(), "--json")
                .json();
        assertThat(document.body().texts().get(0))
                .startsWith(onwards.path("nodes")
                        .get(0)
                        .path("facts")
                        .path("begins")
                        .asText());
        assertThat(onwards.path("nodes").findValuesAsText("name")).contains("models/walk/versions/1");
        assertThat(onwards.path("edges").findValuesAsText("how"))
                .anyMatch(how -> how.matches("in .* of 1,500 steps, .*"));
    }

    /** From the command's call to control, by its work rows, to the training job, and from there to the checkpoint. */
    @Test
    @Order(2)
    void aRunIsOneTrace() {
        Spans.Span submitted = spans.await("control", "maru.control.v1.ControlService/SubmitRun");

        for (String[] part : new String[][] {
            {"control", "run"},
            {"ingestion", "corpus"},
            {"tokenization", "shard"},
            {"training", "training"},
            {"checkpoint", "maru.checkpoint.v1.CheckpointService/RegisterCheckpoint"},
            {"evaluation", "evaluation"},
        }) {
            Spans.Span span = spans.await(part[0], part[1]);
            assertThat(span.trace()).as("%s of %s", part[1], part[0]).isEqualTo(submitted.trace());
            // Those above it may have ended later.
            Product.await().untilAsserted(() -> assertThat(spans.first(span).parent())
                    .as("what %s of %s comes from at last: the command", part[1], part[0])
                    .isEqualTo(submitted.parent()));
        }
    }

    @Test
    @Order(2)
    void killedServicesChangeNothing() {
        String run = product.submit(recipe, text);
        awaitBegun(run, "tokenizer");
        product.kill("tokenization");
        product.awaitRestart("tokenization", 1);

        awaitStep(run, 300);
        product.kill("training");
        product.awaitRestart("training", 1);
        product.kill("control");
        product.awaitRestart("control", 1);

        assertSameAsUndisturbed(product.watch(run));
    }

    @Test
    @Order(3)
    void aStoppedStackGoesOnWhereItWas() {
        String run = product.submit(recipe, text);
        awaitStep(run, 300);
        product.down();
        product.up();
        assertSameAsUndisturbed(product.watch(run));
    }

    @Test
    @Order(4)
    void anEventStartsARunOnce() throws Exception {
        String source = product.maru("runs", "--json")
                .json()
                .path("runs")
                .get(0)
                .path("run")
                .asText();
        Run earlier = run(source);
        RunRequested request = RunRequested.newBuilder()
                // The other family, and the other precision, on their way through every service.
                .setRecipe(RECIPE.replace("steps: 1500", "precision: bfloat16, steps: 40")
                        .replace("block: 32}", "block: 32, family: llama, keyValueHeads: 1}")
                        .replace("name: walk", "name: by-event"))
                .addAllSources(earlier.getSourcesList())
                .build();
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", product.kafka()), new StringSerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < 2; i++) {
                ProducerRecord<String, byte[]> event =
                        new ProducerRecord<>("maru.run-requests.v1", "request-1", request.toByteArray());
                event.headers()
                        .add("ce_specversion", Product.utf8("1.0"))
                        .add("ce_id", Product.utf8("request-1"))
                        .add("ce_source", Product.utf8("/test"))
                        .add("ce_type", Product.utf8("maru.run.requested.v1"))
                        .add("content-type", Product.utf8("application/protobuf"));
                producer.send(event).get(10, TimeUnit.SECONDS);
            }
        }
        await().until(() ->
                runs().stream().anyMatch(run -> made(run, "model").startsWith("workspaces/default/models/by-event/")));
        assertThat(runs().stream().map(Run::getName).map(WalkthroughIT::run))
                .filteredOn(run -> run.getRecipe().contains("by-event"))
                .hasSize(1);
    }

    @Test
    @Order(5)
    void aRepeatedRequestIsTheSameRun() {
        ManagedChannel channel = product.channel("control");
        try {
            SubmitRunRequest request = SubmitRunRequest.newBuilder()
                    .setRequestId("twice")
                    .setRecipe(RECIPE.replace("steps: 1500", "steps: 30"))
                    .addAllSources(run(runs().get(0).getName()).getSourcesList())
                    .build();
            Run first = ControlServiceGrpc.newBlockingStub(channel).submitRun(request);
            Run second = ControlServiceGrpc.newBlockingStub(channel).submitRun(request);
            assertThat(second.getName()).isEqualTo(first.getName());
            assertThat(product.maru("cancel", first.getName()).exitCode()).isZero();
            await().until(() -> run(first.getName()).getState() == Run.State.CANCELLED);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    @Order(6)
    void badInputIsRefusedAndQueuesNothing() throws IOException {
        int before = runs().size();
        // Long enough for the recipe's block, so that the bytes themselves are what is wrong.
        String rest = "fine\n".repeat(10_000);
        assertRefused(recipe, bytes("binary.bin", "a\0b\n" + rest), "binary.bin", "line 1", "byte offset 1");
        assertRefused(recipe, bytes("latin1.txt", "fine\ncaf\u00e9\n" + rest), "latin1.txt", "line 2", "byte offset 8");
        assertRefused(recipe, bytes("blank.txt", "\n".repeat(50_000)), "blank.txt");
        assertRefused(recipe, bytes("empty.txt", ""), "empty.txt", "0 bytes");
        assertRefused(recipe, WORK.resolve("missing.txt"), "missing.txt", "no such file");
        assertRefused(recipe, bytes("book.pdf", "%PDF-1.7\n" + rest), "book.pdf", "a PDF document");
        assertRefused(
                recipe(RECIPE.replace("validationFraction: 0.1", "validationFraction: 0.1, strict: true")),
                bytes("endless.txt", "x".repeat(2_000_000)),
                "line 1",
                "at most 1048576");
        assertRefused(
                recipe(RECIPE.replace("heads: 2", "heads: 3")), text, "steps[3].train.model.heads: 3", "expected");
        assertRefused(recipe(RECIPE.replace("batch: 8", "batch: 0")), text, "steps[3].train.batch: 0", "expected");
        assertRefused(recipe(RECIPE.replace("1e-3", ".nan")), text, "steps[3].train.learningRate", "expected");
        assertRefused(
                recipe(RECIPE.replace("width: 32", "width: wide")), text, "steps[3].train.model.width", "expected");
        assertRefused(recipe(RECIPE.replace("seed: 1", "seeds: 1")), text, "seeds", "expected");
        assertRefused(
                recipe(RECIPE.replace("block: 32", "block: 800000")),
                text,
                "steps[3].train.model.block: 800000",
                "expected");
        assertThat(runs()).hasSize(before);
    }

    @Test
    @Order(7)
    void reflectionListsEveryService() throws Exception {
        for (String service : Product.SERVICES) {
            String name = "maru." + service + ".v1." + service.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                    + service.substring(1) + "Service";
            ManagedChannel channel = product.channel(service);
            try {
                assertThat(reflected(channel)).contains(name, "grpc.health.v1.Health");
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    @Order(8)
    void aTokenizerIsMeasuredAndUsedAgain() throws IOException {
        String tokenizer = made(run(undisturbed.path("run").asText()), "tokenizer");
        JsonNode shown = product.maru("tokenizer", "show", tokenizer, "--json").json();
        for (String script : List.of("Latin", "Hangul")) {
            assertThat(shown.at("/report/scripts/" + script + "/bytes_per_token")
                            .asDouble())
                    .as(script)
                    .isGreaterThan(1);
        }

        String withoutTokenizer = RECIPE.replace("  - tokenizer: {vocabularySize: 400}\n", "");
        Path again = recipe(withoutTokenizer
                .replace("encode: {}", "encode: {tokenizer: " + tokenizer + "}")
                .replace("name: walk", "name: again")
                .replace("steps: 1500", "steps: 40"));
        JsonNode report = product.watch(product.submit(again, text));
        assertThat(report.path("state").asText()).isEqualTo("SUCCEEDED");
        assertThat(report.path("dataset_sha256")).isEqualTo(undisturbed.path("dataset_sha256"));

        // Without a run around it, the same text gives the same tokenizer.
        String[] train = {
            "tokenizer", "train", "--text", text.toString(), "--vocabulary-size", "400", "--id", "alone", "--json"
        };
        JsonNode alone = product.maru(train).json();
        assertThat(alone.path("sha256").asText())
                .hasSize(64)
                .isEqualTo(shown.path("sha256").asText());
        Path missing = recipe(withoutTokenizer.replace("encode: {}", "encode: {tokenizer: tokenizers/none}"));
        Product.Ended refused = product.maru("submit", missing.toString(), "--text", text.toString());
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("steps[1].encode.tokenizer: tokenizers/none (expected: one that exists)");
    }

    @Test
    @Order(9)
    void aModelGoesOnLearningFromAnotherTextWithItsTokenizer() throws IOException {
        Path other = Files.writeString(WORK.resolve("other.txt"), sentences(10, 3_000));
        Path onward = recipe("""
                name: onward
                steps:
                  - ingest: {}
                  - encode: {tokenizer: models/walk}
                  - train: {init: models/walk, steps: 60, batch: 8, learningRate: 1e-4, checkpointEvery: 60}
                  - publish: {}
                  - evaluate: {}
                """);

        JsonNode report = product.watch(product.submit(onward, other));

        assertThat(report.path("state").asText()).isEqualTo("SUCCEEDED");
        assertThat(report.path("model").asText()).isEqualTo("models/onward/versions/1");
        assertThat(report.path("weights_sha256")).isNotEqualTo(undisturbed.path("weights_sha256"));
        // Of the same kind of sentences, so what was learned is of use.
        assertThat(report.path("validation_bits_per_byte").asDouble())
                .isLessThan(undisturbed.path("validation_bits_per_byte").asDouble() + 0.2);
    }

    @Test
    @Order(10)
    void aModelIsEvaluatedTwiceSideBySideWithoutAnythingElse() throws IOException {
        Path evaluations = recipe("""
                name: twice
                steps:
                  - evaluate: {model: models/walk/versions/1, dataset: %1$s}
                  - evaluate: {model: models/onward, dataset: %1$s}
                """.formatted(undisturbed.path("dataset").asText()));

        JsonNode report = product.watch(product.submit(evaluations));

        assertThat(report.path("state").asText()).isEqualTo("SUCCEEDED");
        assertThat(report.at("/steps/0/numbers/bits_per_byte")).isEqualTo(undisturbed.path("validation_bits_per_byte"));
        assertThat(report.at("/steps/1/numbers/bits_per_byte").asDouble()).isBetween(0.1, 3.0);
        assertThat(report.at("/steps/1/name").asText()).isEqualTo("evaluate-2");
    }

    @Test
    @Order(11)
    void aFailedStepIsDoneAgainWithoutTheOthers() throws IOException {
        // Any loss that is a little above the recent ones ends the training.
        Path doomed = recipe(RECIPE.replace("steps: 1500", "spikeFactor: 1.0001, onDivergence: fail, steps: 300")
                .replace("name: walk", "name: doomed"));
        String run = product.submit(doomed, text);
        assertThat(product.maru("watch", run, "--json").exitCode()).isEqualTo(1);

        assertThat(product.maru("retry", run).exitCode()).isZero();
        assertThat(product.maru("watch", run, "--json").exitCode()).isEqualTo(1);

        Run ended = run(run);
        assertThat(ended.getState()).isEqualTo(Run.State.FAILED);
        assertThat(step(ended, "train").getAttempt()).isEqualTo(2);
        assertThat(step(ended, "encode").getAttempt()).isEqualTo(1);
        assertThat(step(ended, "publish").getState()).isEqualTo(Step.State.SKIPPED);
    }

    private static List<String> reflected(ManagedChannel channel) throws Exception {
        CompletableFuture<List<String>> names = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(channel)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {
                        names.complete(answer.getListServicesResponse().getServiceList().stream()
                                .map(ServiceResponse::getName)
                                .toList());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        names.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        List<String> result = names.get(10, TimeUnit.SECONDS);
        requests.onCompleted();
        return result;
    }

    private static void assertSameAsUndisturbed(JsonNode report) {
        assertThat(report.path("state").asText()).isEqualTo("SUCCEEDED");
        assertThat(report.path("dataset_sha256")).isEqualTo(undisturbed.path("dataset_sha256"));
        assertThat(report.path("weights_sha256")).isEqualTo(undisturbed.path("weights_sha256"));
    }

    private static void assertRefused(Path recipe, Path text, String... parts) {
        Product.Ended refused = product.maru("submit", recipe.toString(), "--text", text.toString(), "--json");
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
        assertThat(refused.err().lines()).hasSize(1);
        assertThat(refused.err()).contains(parts);
    }

    private static Path recipe(String content) throws IOException {
        return Files.writeString(Files.createTempFile(WORK, "recipe", ".yaml"), content);
    }

    /** Each character as one byte, so that the text can be wrong UTF-8. */
    private static Path bytes(String name, String content) throws IOException {
        return Files.writeString(WORK.resolve(name), content, StandardCharsets.ISO_8859_1);
    }

    private static Step step(Run run, String name) {
        return run.getStepsList().stream()
                .filter(step -> step.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** What the last step that makes something of the role made; empty where none has. */
    private static String made(Run run, String role) {
        return run.getStepsList().stream()
                .filter(step -> step.containsMade(role))
                .map(step -> step.getMadeOrThrow(role))
                .reduce("", (first, second) -> second);
    }

    private static void awaitBegun(String run, String step) {
        await().until(() -> step(run(run), step).hasStartTime());
    }

    private static void awaitStep(String run, long step) {
        awaitBegun(run, "train");
        ManagedChannel channel = product.channel("training");
        try {
            await().until(() -> {
                String job = made(run(run), "training_job");
                return !job.isEmpty()
                        && io.maru.training.v1.TrainingServiceGrpc.newBlockingStub(channel)
                                        .getTrainingJob(io.maru.training.v1.GetTrainingJobRequest.newBuilder()
                                                .setName(job)
                                                .build())
                                        .getStep()
                                >= step;
            });
        } finally {
            channel.shutdownNow();
        }
    }

    private static Run run(String name) {
        ManagedChannel channel = product.channel("control");
        try {
            return ControlServiceGrpc.newBlockingStub(channel)
                    .getRun(GetRunRequest.newBuilder().setName(name).build());
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<Run> runs() {
        ManagedChannel channel = product.channel("control");
        try {
            return ControlServiceGrpc.newBlockingStub(channel)
                    .listRuns(ListRunsRequest.newBuilder().setPageSize(1000).build())
                    .getRunsList();
        } finally {
            channel.shutdownNow();
        }
    }
}
