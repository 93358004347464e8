package io.maru.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.maru.evaluation.v1.CancelEvaluationRequest;
import io.maru.evaluation.v1.CheckEvaluationSpecRequest;
import io.maru.evaluation.v1.CreateEvaluationRequest;
import io.maru.evaluation.v1.Evaluation;
import io.maru.evaluation.v1.EvaluationCompleted;
import io.maru.evaluation.v1.EvaluationFailed;
import io.maru.evaluation.v1.EvaluationServiceGrpc;
import io.maru.evaluation.v1.EvaluationServiceGrpc.EvaluationServiceBlockingStub;
import io.maru.evaluation.v1.EvaluationSpec;
import io.maru.evaluation.v1.GetEvaluationRequest;
import io.maru.evaluation.v1.ListEvaluationsRequest;
import io.maru.evaluation.v1.ListEvaluationsResponse;
import io.maru.evaluation.v1.WatchEvaluationRequest;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.event.Fact;
import io.maru.platform.name.ResourceName;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.platform.testkit.Facts;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service whole, through its gRPC door, on real Kafka, PostgreSQL and S3, beside an inference that is a fake. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "evaluation"))
@QuarkusTestResource(value = FreeInferencePort.class, restrictToAnnotatedClass = true)
class EvaluationServiceTest {
    @TestHTTPResource
    URI address;

    @ConfigProperty(name = "quarkus.grpc.clients.inference.test-port")
    int inferencePort;

    @Inject
    ObjectStore store;

    @Inject
    EvaluationConfig config;

    private final String id = "e-" + UUID.randomUUID();
    private final String name = "workspaces/default/evaluations/" + id;
    private SealedInputs inputs;
    private FakeInference inference;
    private ManagedChannel channel;
    private EvaluationServiceBlockingStub service;

    @BeforeEach
    void connect() throws IOException {
        store.createBucketIfAbsent();
        inputs = new SealedInputs(id);
        inference = new FakeInference(inferencePort);
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", address.getPort())
                .usePlaintext()
                .build();
        service = EvaluationServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void disconnect() throws InterruptedException {
        channel.shutdownNow();
        inference.close();
    }

    @Test
    void tellsWhatAModelIsWorth() throws Exception {
        publish();
        assertThat(service.createEvaluation(request().build()).getState()).isEqualTo(Evaluation.State.PENDING);

        Evaluation evaluation = awaitEnd();

        assertThat(evaluation.getState()).isEqualTo(Evaluation.State.SUCCEEDED);
        assertThat(evaluation.getTokens()).isEqualTo(inputs.tokens());
        assertThat(evaluation.getScoredTokens()).isEqualTo(inputs.tokens());
        assertThat(evaluation.getScoredBytes()).isEqualTo(SealedInputs.bytes());
        double crossEntropy = inputs.nats() / inputs.tokens();
        assertThat(evaluation.getCrossEntropy()).isEqualTo(crossEntropy, within(1e-12));
        assertThat(evaluation.getPerplexity()).isEqualTo(Math.exp(crossEntropy), within(1e-9));
        double bitsPerByte = inputs.nats() / Math.log(2) / SealedInputs.bytes();
        assertThat(evaluation.getBitsPerByte()).isEqualTo(bitsPerByte, within(1e-12));
        assertThat(inference.scoreCalls.get()).isGreaterThan(1);

        try (Facts facts = Facts.on("maru.evaluation.v1")) {
            Fact fact = facts.await(seen -> seen.subject().equals(name));
            assertThat(fact.type()).isEqualTo("maru.evaluation.completed.v1");
            assertThat(fact.run()).isEqualTo("workspaces/default/runs/" + id);
            assertThat(EvaluationCompleted.parseFrom(fact.data()))
                    .isEqualTo(EvaluationCompleted.newBuilder()
                            .setEvaluation(name)
                            .setModelVersion(inputs.modelVersion)
                            .setDataset(inputs.dataset)
                            .setScoredTokens(inputs.tokens())
                            .setPerplexity(evaluation.getPerplexity())
                            .setBitsPerByte(evaluation.getBitsPerByte())
                            .build());
        }
    }

    @Test
    void aWatcherSeesItGrowAndEnd() {
        publish();
        service.createEvaluation(request().build());

        List<Evaluation> seen = new ArrayList<>();
        service.watchEvaluation(
                        WatchEvaluationRequest.newBuilder().setName(name).build())
                .forEachRemaining(seen::add);

        assertThat(seen).extracting(Evaluation::getRevision).isSorted().doesNotHaveDuplicates();
        Evaluation last = seen.get(seen.size() - 1);
        assertThat(last.getState()).isEqualTo(Evaluation.State.SUCCEEDED);
        assertThat(seen.subList(0, seen.size() - 1))
                .allSatisfy(before -> assertThat(before.getBitsPerByte()).isZero());

        Iterator<Evaluation> again = service.watchEvaluation(WatchEvaluationRequest.newBuilder()
                .setName(name)
                .setAfterRevision(last.getRevision())
                .build());
        assertThat(again.next()).isEqualTo(last);
        assertThat(again.hasNext()).isFalse();
    }

    @Test
    void theSameRequestMakesOneEvaluation() {
        publish();
        Evaluation first = service.createEvaluation(request().build());

        assertThat(service.createEvaluation(request().build()).getName()).isEqualTo(first.getName());
        refused(
                () -> service.createEvaluation(request()
                        .setSpec(EvaluationSpec.newBuilder().setMaxTokens(3))
                        .build()),
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                "request_id: it made " + name);
        refused(
                () -> service.createEvaluation(
                        request().setRequestId("other-" + id).build()),
                Status.Code.ALREADY_EXISTS,
                "EVALUATION_EXISTS",
                "evaluation_id: " + name + " exists");
        awaitEnd();
    }

    @Test
    void goesOnWhenInferenceComesBack() throws Exception {
        publish();
        inference.close();
        service.createEvaluation(request().build());
        inference = new FakeInference(inferencePort);
        inference.answers.drainPermits();
        inference.answers.release();
        await().until(() -> inference.scoreCalls.get() == 2);
        long done = get().getScoredTokens();
        assertThat(done).isPositive();

        // The second batch is never answered; whoever takes up the work need not repeat the first.
        inference.close();
        inference = new FakeInference(inferencePort);
        Evaluation evaluation = awaitEnd();

        assertThat(evaluation.getState()).isEqualTo(Evaluation.State.SUCCEEDED);
        assertThat(evaluation.getScoredTokens()).isEqualTo(inputs.tokens());
        assertThat(evaluation.getCrossEntropy()).isEqualTo(inputs.nats() / inputs.tokens(), within(1e-12));
    }

    @Test
    void aCancelledEvaluationStopsAfterTheBatchInHand() {
        publish();
        inference.answers.drainPermits();
        service.createEvaluation(request().build());
        await().until(() -> inference.scoreCalls.get() == 1);

        assertThat(cancel().getState()).isEqualTo(Evaluation.State.CANCELLING);
        inference.answers.release(100);

        assertThat(awaitEnd().getState()).isEqualTo(Evaluation.State.CANCELLED);
        assertThat(inference.scoreCalls).hasValue(1);
        assertThat(cancel().getState()).isEqualTo(Evaluation.State.CANCELLED);
    }

    @Test
    void twoEvaluationsOfOneModelRunSideBySide() throws IOException {
        publish();
        SealedInputs other = new SealedInputs(id + "-other");
        other.objects.forEach(store::put);
        inference.answers.drainPermits();

        String second = id + "-2";
        service.createEvaluation(request().build());
        service.createEvaluation(request()
                .setRequestId(second)
                .setEvaluationId(second)
                .setDataset(other.dataset)
                .build());

        // Both wait for the answer to their first batch.
        await().until(() -> inference.scoreCalls.get() == 2);
        inference.answers.release(100);
        assertThat(awaitEnd().getState()).isEqualTo(Evaluation.State.SUCCEEDED);
        assertThat(awaitEnd("workspaces/default/evaluations/" + second).getState())
                .isEqualTo(Evaluation.State.SUCCEEDED);
    }

    @Test
    void oneThatWaitsIsCancelledAtOnce() {
        publish();
        inference.answers.drainPermits();
        for (int i = 0; i < config.workers(); i++) {
            service.createEvaluation(request()
                    .setRequestId(id + "-" + i)
                    .setEvaluationId(id + "-" + i)
                    .build());
        }
        await().until(() -> inference.scoreCalls.get() == config.workers());
        service.createEvaluation(request().build());

        assertThat(cancel().getState()).isEqualTo(Evaluation.State.CANCELLED);

        inference.answers.release(100);
        for (int i = 0; i < config.workers(); i++) {
            assertThat(awaitEnd(name + "-" + i).getState()).isEqualTo(Evaluation.State.SUCCEEDED);
        }
    }

    @Test
    void failsWhereInferenceRefusesTheModel() throws Exception {
        publish();
        inference.loadStatus = Status.FAILED_PRECONDITION.withDescription("model_type: llama (expected: gpt2)");
        service.createEvaluation(request().build());

        Evaluation evaluation = awaitEnd();

        assertThat(evaluation.getState()).isEqualTo(Evaluation.State.FAILED);
        assertThat(evaluation.getFailureReason()).isEqualTo("MODEL_VERSION_UNUSABLE");
        assertThat(evaluation.getFailureMessage()).isEqualTo("inference: model_type: llama (expected: gpt2)");
        try (Facts facts = Facts.on("maru.evaluation.v1")) {
            Fact fact = facts.await(seen -> seen.subject().equals(name));
            assertThat(fact.type()).isEqualTo("maru.evaluation.failed.v1");
            assertThat(EvaluationFailed.parseFrom(fact.data()).getReason()).isEqualTo("MODEL_VERSION_UNUSABLE");
        }
    }

    @Test
    void triesAgainWhileInferenceIsOverloaded() {
        publish();
        inference.scoreStatus = Status.RESOURCE_EXHAUSTED;
        service.createEvaluation(request().build());
        await().until(() -> inference.scoreCalls.get() > 1);

        inference.scoreStatus = Status.OK;

        assertThat(awaitEnd().getState()).isEqualTo(Evaluation.State.SUCCEEDED);
    }

    @Test
    void aCorruptShardFailsTheEvaluation() {
        inputs.objects.put(inputs.dataset + "/shards/validation-00001", new byte[] {1, 2, 3});
        publish();
        service.createEvaluation(request().build());

        Evaluation evaluation = awaitEnd();

        assertThat(evaluation.getFailureReason()).isEqualTo("OBJECT_CORRUPT");
        assertThat(evaluation.getFailureMessage()).startsWith(inputs.dataset + "/shards/validation-00001: sha256 is ");
    }

    @Test
    void refusesAModelThatReadsOtherTokens() {
        byte[] other = inputs.tokenizer.configJson();
        inputs.seal(
                inputs.modelVersion,
                "model",
                List.of(inputs.put(inputs.modelVersion, "tokenizer.json", other, Map.of())));
        publish();

        refused(this::create, Status.Code.FAILED_PRECONDITION, "TOKENIZER_MISMATCH", inputs.modelVersion);
    }

    @Test
    void refusesWhatIsNotSealed() {
        publish();
        store.delete(inputs.modelVersion + "/manifest.json");
        refused(this::create, Status.Code.NOT_FOUND, "MODEL_VERSION_MISSING", inputs.modelVersion);

        store.delete(inputs.dataset + "/manifest.json");
        refused(this::create, Status.Code.NOT_FOUND, "DATASET_MISSING", inputs.dataset);
    }

    @Test
    void refusesADatasetWithNothingToValidate() {
        inputs.seal(
                inputs.dataset,
                "dataset",
                List.of(inputs.put(inputs.dataset, "tokenizer.json", inputs.tokenizer.toJson(), Map.of())));
        publish();

        refused(
                this::create,
                Status.Code.FAILED_PRECONDITION,
                "DATASET_UNUSABLE",
                inputs.dataset + ": no validation shard");
    }

    @Test
    void refusesWhatIsNoName() {
        refused(
                () -> service.createEvaluation(
                        request().setDataset("datasets/../x").build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                "dataset: \"datasets/../x\" (expected: datasets/{dataset})");
        refused(
                () -> service.createEvaluation(
                        request().setModelVersion("models/m").build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                "model_version: \"models/m\"");
        refused(
                () -> service.createEvaluation(request()
                        .setSpec(EvaluationSpec.newBuilder().setMaxTokens(-1))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SPEC",
                "maxTokens: -1 (expected: a whole number from 1 to 1000000000000)");
        refused(
                () -> service.checkEvaluationSpec(CheckEvaluationSpecRequest.newBuilder()
                        .setSpec(EvaluationSpec.newBuilder().setMaxTokens(0))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SPEC",
                "maxTokens: 0 (expected: a whole number from 1 to 1000000000000)");
        refused(this::get, Status.Code.NOT_FOUND, "EVALUATION_MISSING", name + ": not found");
    }

    @Test
    void listsTheNewestFirst() {
        publish();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            names.add(0, name + "-" + i);
            service.createEvaluation(request()
                    .setRequestId(id + "-" + i)
                    .setEvaluationId(id + "-" + i)
                    .build());
        }

        ListEvaluationsResponse first = service.listEvaluations(
                ListEvaluationsRequest.newBuilder().setPageSize(2).build());
        ListEvaluationsResponse second = service.listEvaluations(ListEvaluationsRequest.newBuilder()
                .setPageSize(1)
                .setPageToken(first.getNextPageToken())
                .build());

        assertThat(first.getEvaluationsList()).extracting(Evaluation::getName).isEqualTo(names.subList(0, 2));
        assertThat(second.getEvaluationsList()).extracting(Evaluation::getName).isEqualTo(names.subList(2, 3));
        names.forEach(this::awaitEnd);
    }

    @Test
    void nothingOfAnotherWorkspaceIsSeen() {
        publish();
        create();
        EvaluationServiceBlockingStub other = in("other");

        for (String existing : List.of(name, name + "-none")) {
            refused(
                    () -> other.getEvaluation(
                            GetEvaluationRequest.newBuilder().setName(existing).build()),
                    Status.Code.PERMISSION_DENIED,
                    "PERMISSION_DENIED",
                    "name: \"" + existing + "\"");
        }
        assertThat(other.listEvaluations(ListEvaluationsRequest.getDefaultInstance())
                        .getEvaluationsList())
                .isEmpty();
        // The same request in another workspace is another request, and asks for other things.
        refused(
                () -> other.createEvaluation(request()
                        .setModelVersion(ResourceName.relative(inputs.modelVersion))
                        .setDataset(ResourceName.relative(inputs.dataset))
                        .build()),
                Status.Code.NOT_FOUND,
                "DATASET_MISSING",
                "workspaces/other/datasets/" + id);
        awaitEnd();
    }

    @Test
    void tellsWhatItWasAskedFor() {
        publish();

        Evaluation evaluation = service.createEvaluation(request()
                .setSpec(EvaluationSpec.newBuilder().setMaxTokens(3))
                .setPriority(7)
                .build());

        assertThat(evaluation.getSpec().getMaxTokens()).isEqualTo(3);
        assertThat(evaluation.getPriority()).isEqualTo(7);
        assertThat(evaluation.getRun()).isEqualTo("workspaces/default/runs/" + id);
        assertThat(awaitEnd().getScoredTokens()).isEqualTo(3);
        refused(
                () -> service.createEvaluation(request().setPriority(11).build()),
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                "priority: 11 (expected: -10 to 10)");
    }

    private EvaluationServiceBlockingStub in(String workspace) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), workspace);
        return service.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private void publish() {
        inputs.objects.forEach(store::put);
    }

    private CreateEvaluationRequest.Builder request() {
        return CreateEvaluationRequest.newBuilder()
                .setRequestId("runs/" + id + "/evaluation")
                .setEvaluationId(id)
                .setModelVersion(inputs.modelVersion)
                .setDataset(inputs.dataset)
                .setRun("runs/" + id);
    }

    private Evaluation create() {
        return service.createEvaluation(request().build());
    }

    private Evaluation get() {
        return get(name);
    }

    private Evaluation get(String evaluation) {
        return service.getEvaluation(
                GetEvaluationRequest.newBuilder().setName(evaluation).build());
    }

    private Evaluation cancel() {
        return service.cancelEvaluation(
                CancelEvaluationRequest.newBuilder().setName(name).build());
    }

    private Evaluation awaitEnd() {
        return awaitEnd(name);
    }

    private Evaluation awaitEnd(String wanted) {
        return await().until(() -> get(wanted), evaluation -> switch (evaluation.getState()) {
            case SUCCEEDED, FAILED, CANCELLED -> true;
            default -> false;
        });
    }

    private static void refused(ThrowingCallable call, Status.Code code, String reason, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).startsWith(message);
            assertThat(GrpcFaults.info(e).orElseThrow().getReason()).isEqualTo(reason);
        });
    }
}
