package io.maru.tokenization;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.maru.formats.Document;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardReader;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Violation;
import io.maru.platform.event.Fact;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.EmbeddedServersResource;
import io.maru.platform.testkit.Facts;
import io.maru.tokenization.v1.CancelDatasetRequest;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.CheckDatasetSpecRequest;
import io.maru.tokenization.v1.CheckTokenizerSpecRequest;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.DatasetFailed;
import io.maru.tokenization.v1.DatasetSealed;
import io.maru.tokenization.v1.DatasetSpec;
import io.maru.tokenization.v1.DecodeRequest;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenization.v1.GetTokenizerReportRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.ListDatasetsRequest;
import io.maru.tokenization.v1.ListDatasetsResponse;
import io.maru.tokenization.v1.ListTokenizersRequest;
import io.maru.tokenization.v1.TokenShardSealed;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerImported;
import io.maru.tokenization.v1.TokenizerReport;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TokenizerTrained;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import io.maru.tokenization.v1.WatchDatasetRequest;
import io.maru.tokenization.v1.WatchTokenizerRequest;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.QualityReport;
import io.maru.tokenizer.TieRule;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service whole, through its gRPC door, on real Kafka, PostgreSQL and S3. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "tokenization"))
class TokenizationTest {
    private static final String TOPIC = "maru.tokenization.v1";
    /** Where what nobody signed in for is. */
    private static final String HOME = "workspaces/default/";

    private static final int VOCABULARY_SIZE = 300;

    @TestHTTPResource
    URI address;

    @Inject
    ObjectStore objects;

    @TempDir
    Path folder;

    private ManagedChannel channel;
    private TokenizationServiceGrpc.TokenizationServiceBlockingStub tokenization;

    @BeforeEach
    void connect() {
        objects.createBucketIfAbsent();
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", address.getPort())
                .usePlaintext()
                .build();
        tokenization = TokenizationServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void disconnect() throws InterruptedException {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCorpusBecomesATokenizerAndADatasetAndTheirFacts() throws Exception {
        String corpus = corpus(4);
        Tokenizer tokenizer = train(corpus);
        assertThat(tokenizer.getState()).isEqualTo(Tokenizer.State.READY);
        byte[] json = objects.bytes(tokenizer.getName() + "/tokenizer.json", 1 << 20);
        assertThat(tokenizer.getSha256()).isEqualTo(Sha256.of(json));
        assertThat(tokenizer.getTokens()).isEqualTo(VOCABULARY_SIZE);

        assertThat(tokenizer.getReadBytes())
                .isPositive()
                .isEqualTo(tokenizer.getSourceBytes())
                .isEqualTo(textBytes(corpus));

        Dataset dataset = encode(corpus, tokenizer.getName());

        assertThat(dataset.getFailureMessage()).isEmpty();
        assertThat(dataset.getState()).isEqualTo(Dataset.State.SEALED);
        assertThat(dataset.getSealedShards()).isEqualTo(4);
        Manifest manifest = Manifest.fromJson(objects.bytes(dataset.getName() + "/manifest.json", Manifest.MAX_BYTES));
        assertThat(manifest.digest()).isEqualTo(dataset.getManifestSha256());
        assertThat(manifest.entries())
                .extracting(Manifest.Entry::key)
                .containsExactly(
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "shards/train-00000",
                        "shards/train-00001",
                        "shards/train-00002",
                        "shards/validation-00000");
        for (Manifest.Entry entry : manifest.entries()) {
            objects.fetch(dataset.getName() + "/" + entry.key(), folder.resolve("object"), entry.sha256());
        }
        BpeTokenizer bpe = BpeTokenizer.fromJson(json);
        assertThat(documents(dataset, "shards/train-00002", bpe)).isEqualTo(CorpusOfStories.stories(2));
        assertThat(documents(dataset, "shards/validation-00000", bpe)).isEqualTo(CorpusOfStories.stories(3));

        try (Facts facts = Facts.on(TOPIC)) {
            Fact trained = facts.await(fact -> is(fact, "maru.tokenizer.trained.v1", tokenizer.getName()));
            assertThat(TokenizerTrained.parseFrom(trained.data()).getSha256()).isEqualTo(tokenizer.getSha256());
            Fact sealed = facts.await(fact -> is(fact, "maru.dataset.sealed.v1", dataset.getName()));
            assertThat(sealed.run()).isEqualTo(HOME + "runs/r1");
            assertThat(DatasetSealed.parseFrom(sealed.data()).getManifestSha256())
                    .isEqualTo(dataset.getManifestSha256());
            long tokens = 0;
            List<Fact> shards = facts.await(4, fact -> is(fact, "maru.token-shard.sealed.v1", dataset.getName()));
            assertThat(shards).hasSize(4);
            for (Fact shard : shards) {
                tokens += TokenShardSealed.parseFrom(shard.data()).getTokens();
            }
            assertThat(tokens).isEqualTo(dataset.getTrainTokens() + dataset.getValidationTokens());
        }
    }

    @Test
    void aShardThatCannotBeEncodedFailsTheDataset() throws Exception {
        String corpus = corpus(3);
        Tokenizer tokenizer = train(corpus);
        objects.put(corpus + "/shards/train-00001", new byte[] {1, 2, 3});

        Dataset dataset = encode(corpus, tokenizer.getName());

        assertThat(dataset.getState()).isEqualTo(Dataset.State.FAILED);
        assertThat(dataset.getFailureReason()).isEqualTo("OBJECT_CORRUPT");
        assertThat(dataset.getFailureMessage()).startsWith(corpus + "/shards/train-00001: sha256 is ");
        try (Facts facts = Facts.on(TOPIC)) {
            Fact failed = facts.await(fact -> is(fact, "maru.dataset.failed.v1", dataset.getName()));
            assertThat(DatasetFailed.parseFrom(failed.data()).getReason()).isEqualTo("OBJECT_CORRUPT");
        }
        // The service goes on.
        String good = corpus(2);
        assertThat(encode(good, tokenizer.getName()).getState()).isEqualTo(Dataset.State.SEALED);
    }

    @Test
    void theSameRequestTwiceIsOneRequest() {
        String corpus = corpus(2);
        TrainTokenizerRequest request = trainRequest(corpus).build();
        Tokenizer first = tokenization.trainTokenizer(request);
        assertThat(tokenization.trainTokenizer(request).getName()).isEqualTo(first.getName());
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> tokenization.trainTokenizer(request.toBuilder()
                        .setSpec(TokenizerSpec.newBuilder().setVocabularySize(400))
                        .build()));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "TOKENIZER_EXISTS",
                () -> tokenization.trainTokenizer(trainRequest(corpus)
                        .setTokenizerId(last(first.getName()))
                        .build()));

        CreateDatasetRequest wish =
                datasetRequest(corpus, train(corpus).getName()).build();
        Dataset dataset = tokenization.createDataset(wish);
        assertThat(tokenization.createDataset(wish).getName()).isEqualTo(dataset.getName());
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> tokenization.createDataset(
                        wish.toBuilder().setRun("runs/other").build()));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "DATASET_EXISTS",
                () -> tokenization.createDataset(datasetRequest(corpus, wish.getTokenizer())
                        .setDatasetId(last(dataset.getName()))
                        .build()));
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    @Test
    void refusesWhatItCannotStart() {
        String corpus = corpus(2);
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "CORPUS_NOT_SEALED",
                () -> tokenization.trainTokenizer(trainRequest("corpora/none").build()));
        for (int size : new int[] {0, 256, 200_001}) {
            TokenizerSpec spec =
                    TokenizerSpec.newBuilder().setVocabularySize(size).build();
            assertRefused(
                            Status.Code.INVALID_ARGUMENT,
                            "INVALID_SPEC",
                            () -> tokenization.trainTokenizer(
                                    trainRequest(corpus).setSpec(spec).build()))
                    .hasMessageContaining(
                            "spec.vocabularySize: " + size + " (expected: a whole number from 257 to 200000)");
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                () -> tokenization.trainTokenizer(trainRequest("corpora/../x").build()));
        assertRefused(Status.Code.NOT_FOUND, "TOKENIZER_NOT_FOUND", () -> encode(corpus, "tokenizers/none"));
        assertRefused(
                Status.Code.NOT_FOUND,
                "TOKENIZER_NOT_FOUND",
                () -> tokenization.getTokenizer(GetTokenizerRequest.newBuilder()
                        .setName("tokenizers/none")
                        .build()));
        assertRefused(Status.Code.NOT_FOUND, "DATASET_NOT_FOUND", () -> watch("datasets/none"));
        assertRefused(
                Status.Code.NOT_FOUND,
                "DATASET_NOT_FOUND",
                () -> tokenization.cancelDataset(CancelDatasetRequest.newBuilder()
                        .setName("datasets/none")
                        .build()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "TOKENIZER_NOT_FOUND",
                () -> tokenization.cancelTokenizer(CancelTokenizerRequest.newBuilder()
                        .setName("tokenizers/none")
                        .build()));
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "CORPUS_NOT_SEALED",
                () -> encode("corpora/none", train(corpus).getName()));
    }

    @Test
    void aSpecIsCheckedWithEverythingThatIsWrongAtOnce() {
        assertThat(tokenization
                        .checkTokenizerSpec(CheckTokenizerSpecRequest.getDefaultInstance())
                        .getSpec())
                .isEqualTo(TokenizerSpec.newBuilder()
                        .setVocabularySize(1024)
                        .setTieRule(TokenizerSpec.TieRule.SMALLEST_IDS)
                        .build());
        assertThat(tokenization
                        .checkDatasetSpec(CheckDatasetSpecRequest.getDefaultInstance())
                        .getSpec())
                .isEqualTo(DatasetSpec.getDefaultInstance());
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "INVALID_SPEC",
                        () -> tokenization.checkTokenizerSpec(CheckTokenizerSpecRequest.newBuilder()
                                .setSpec(TokenizerSpec.newBuilder()
                                        .setVocabularySize(5)
                                        .setTieRuleValue(9))
                                .build()))
                .satisfies(e -> assertThat(GrpcFaults.violations((StatusRuntimeException) e))
                        .extracting(Violation::path)
                        .containsExactly("vocabularySize", "tieRule"));
    }

    @Test
    void aCorpusOfPairsBecomesADatasetAndOneOfMessagesIsRefused() {
        String pairs = HOME + "corpora/" + UUID.randomUUID();
        CorpusOfStories.objects(pairs, 2, shard -> CorpusOfStories.stories(shard).stream()
                        .map(story -> Document.of("", new Document.Pair("Tell me a story.", story)))
                        .toList())
                .forEach(objects::put);
        Dataset dataset = encode(pairs, train(pairs).getName());
        assertThat(dataset.getFailureMessage()).isEmpty();
        assertThat(dataset.getState()).isEqualTo(Dataset.State.SEALED);

        String messages = HOME + "corpora/" + UUID.randomUUID();
        Map<String, byte[]> sealed = CorpusOfStories.objects(
                messages,
                2,
                shard -> List.of(Document.of(
                        "", new Document.Conversation(List.of(new Document.Message("user", "Hi " + shard))))));
        sealed.forEach(objects::put);
        Manifest manifest = Manifest.fromJson(sealed.get(messages + "/manifest.json"));
        objects.put(
                messages + "/manifest.json",
                new Manifest("corpus", Map.of("conversations", "2"), manifest.entries()).toJson());
        assertRefused(
                        Status.Code.FAILED_PRECONDITION,
                        "CORPUS_WITH_MESSAGES",
                        () -> encode(messages, dataset.getTokenizer()))
                .hasMessageContaining(messages + ": 2 of its documents are messages");
    }

    @Test
    void aWorkspaceSeesNothingOfAnother() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), "other");
        TokenizationServiceGrpc.TokenizationServiceBlockingStub other =
                tokenization.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        String ours = corpus(2);
        String id = last(ours);
        Tokenizer tokenizer = train(ours);

        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "CORPUS_NOT_SEALED",
                () -> other.trainTokenizer(trainRequest("corpora/" + id).build()));
        assertRefused(
                Status.Code.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                () -> other.trainTokenizer(trainRequest(ours).build()));
        for (String name : List.of(tokenizer.getName(), HOME + "tokenizers/none")) {
            assertRefused(
                    Status.Code.PERMISSION_DENIED,
                    "PERMISSION_DENIED",
                    () -> other.getTokenizer(
                            GetTokenizerRequest.newBuilder().setName(name).build()));
        }
        CorpusOfStories.objects("workspaces/other/corpora/" + id, 2).forEach(objects::put);
        Tokenizer theirs = other.trainTokenizer(trainRequest("corpora/" + id)
                .setTokenizerId(last(tokenizer.getName()))
                .build());
        assertThat(theirs.getName()).isEqualTo("workspaces/other/tokenizers/" + last(tokenizer.getName()));
        assertThat(other.listTokenizers(ListTokenizersRequest.getDefaultInstance())
                        .getTokenizersList())
                .extracting(Tokenizer::getName)
                .containsExactly(theirs.getName());
        assertThat(other.listDatasets(ListDatasetsRequest.getDefaultInstance()).getDatasetsList())
                .isEmpty();
    }

    @Test
    void aTokenizerOfABrokenCorpusFails() {
        String corpus = corpus(2);
        objects.put(corpus + "/shards/train-00000", new byte[] {1});

        Tokenizer tokenizer = train(corpus);

        assertThat(tokenizer.getState()).isEqualTo(Tokenizer.State.FAILED);
        assertThat(tokenizer.getFailureReason()).isEqualTo("OBJECT_CORRUPT");
        assertRefused(
                Status.Code.FAILED_PRECONDITION, "TOKENIZER_NOT_READY", () -> encode(corpus, tokenizer.getName()));
    }

    @Test
    void whatIsCancelledStaysCancelledAndWhatIsDoneStaysDone() {
        String corpus = corpus(2);
        Tokenizer asked = tokenization.trainTokenizer(trainRequest(corpus).build());
        Tokenizer cancelled = tokenization.cancelTokenizer(
                CancelTokenizerRequest.newBuilder().setName(asked.getName()).build());
        assertThat(watchTokenizer(asked.getName()).getState())
                .isIn(Tokenizer.State.CANCELLED, Tokenizer.State.READY)
                .isEqualTo(
                        cancelled.getState() == Tokenizer.State.READY
                                ? Tokenizer.State.READY
                                : Tokenizer.State.CANCELLED);

        Dataset sealed = encode(corpus, train(corpus).getName());
        assertThat(tokenization.cancelDataset(CancelDatasetRequest.newBuilder()
                        .setName(sealed.getName())
                        .build()))
                .isEqualTo(sealed);
    }

    @Test
    void encodesTextThatLooksTheSameAlike() {
        String tokenizer = train(corpus(2)).getName();
        EncodeRequest.Builder request = EncodeRequest.newBuilder().setTokenizer(tokenizer);
        // As a Mac writes file names.
        assertThat(tokenization
                        .encode(request.setText("\u1112\u1161\u11ab cafe\u0301").build())
                        .getIdsList())
                .isEqualTo(tokenization
                        .encode(request.setText("\ud55c caf\u00e9").build())
                        .getIdsList());
    }

    @Test
    void putsTheTemplateAroundATextWhenAsked() {
        String json = new String(tokenizerJson(257), UTF_8).replaceFirst("(?s)\"post_processor\": \\{.*?\\}", """
                        "post_processor": {"type": "BertProcessing", "cls": ["<|endoftext|>", 0], "sep": ["!", 1]}""");
        String id = "template-" + UUID.randomUUID();
        EncodeRequest.Builder request = EncodeRequest.newBuilder()
                .setTokenizer(importTokenizer(id, id, json.getBytes(UTF_8)).getName())
                .setText("fox");
        List<Integer> ids = tokenization.encode(request.build()).getIdsList();
        assertThat(ids).hasSize(3);
        assertThat(tokenization.encode(request.setTemplate(true).build()).getIdsList())
                .containsExactly(0, ids.get(0), ids.get(1), ids.get(2), 1);
    }

    @Test
    void encodesAndDecodesUnderLimits() {
        String corpus = corpus(2);
        String tokenizer = train(corpus).getName();
        String text = "Once upon a time 안녕 <|endoftext|> 🦊";

        List<Integer> ids = tokenization
                .encode(EncodeRequest.newBuilder()
                        .setTokenizer(tokenizer)
                        .setText(text)
                        .build())
                .getIdsList();

        assertThat(ids).doesNotContain(0);
        EncodeRequest.Builder special =
                EncodeRequest.newBuilder().setTokenizer(tokenizer).setText(text);
        assertThat(tokenization
                        .encode(special.setSpecialTokens(EncodeRequest.SpecialTokens.ALLOW)
                                .build())
                        .getIdsList())
                .containsOnlyOnce(0);
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "SPECIAL_TOKEN_REFUSED",
                        () -> tokenization.encode(special.setSpecialTokens(EncodeRequest.SpecialTokens.REFUSE)
                                .build()))
                .hasMessageContaining("<|endoftext|>");
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                () -> tokenization.encode(special.setSpecialTokensValue(9).build()));
        assertThat(tokenization
                        .decode(DecodeRequest.newBuilder()
                                .setTokenizer(tokenizer)
                                .addAllIds(ids)
                                .build())
                        .getText())
                .isEqualTo(text);
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "TEXT_TOO_LONG",
                () -> tokenization.encode(EncodeRequest.newBuilder()
                        .setTokenizer(tokenizer)
                        .setText("루".repeat(350_000))
                        .build()));
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "INVALID_ID",
                        () -> tokenization.decode(DecodeRequest.newBuilder()
                                .setTokenizer(tokenizer)
                                .addIds(5)
                                .addIds(VOCABULARY_SIZE)
                                .build()))
                .hasMessageContaining("ids[1]: 300 (expected: 0 to 299)");
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "TOO_MANY_IDS",
                () -> tokenization.decode(DecodeRequest.newBuilder()
                        .setTokenizer(tokenizer)
                        .addAllIds(Collections.nCopies(1_000_001, 1))
                        .build()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "TOKENIZER_NOT_FOUND",
                () -> tokenization.encode(EncodeRequest.newBuilder()
                        .setTokenizer("tokenizers/none")
                        .build()));
    }

    @Test
    void listsNewestFirstInPages() {
        String corpus = corpus(2);
        String tokenizer = train(corpus).getName();
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            made.add(0, encode(corpus, tokenizer).getName());
        }
        ListDatasetsResponse first = tokenization.listDatasets(
                ListDatasetsRequest.newBuilder().setPageSize(2).build());
        ListDatasetsResponse second = tokenization.listDatasets(ListDatasetsRequest.newBuilder()
                .setPageSize(1)
                .setPageToken(first.getNextPageToken())
                .build());

        assertThat(Stream.concat(first.getDatasetsList().stream(), second.getDatasetsList().stream()))
                .extracting(Dataset::getName)
                .isEqualTo(made);
        assertThat(tokenization
                        .listTokenizers(ListTokenizersRequest.newBuilder()
                                .setPageSize(1)
                                .build())
                        .getTokenizersList())
                .extracting(Tokenizer::getName)
                .containsExactly(tokenizer);
    }

    @Test
    void aTrainedTokenizerHasAReportOnTheValidationSplit() {
        String corpus = corpus(3);
        Tokenizer tokenizer = train(corpus);
        byte[] json = objects.bytes(tokenizer.getName() + "/report.json", 1 << 20);
        assertThat(tokenizer.getReportSha256()).isEqualTo(Sha256.of(json));

        TokenizerReport report = report(tokenizer.getName());

        QualityReport.Tally tally = new QualityReport.Tally(
                BpeTokenizer.fromJson(objects.bytes(tokenizer.getName() + "/tokenizer.json", 1 << 20)));
        CorpusOfStories.stories(2).forEach(tally::add);
        QualityReport expected = tally.report(tokenizer.getSha256(), "validation");
        assertThat(QualityReport.fromJson(json)).isEqualTo(expected);
        assertThat(report.getTokenizer()).isEqualTo(tokenizer.getName());
        assertThat(report.getTokenizerSha256()).isEqualTo(tokenizer.getSha256());
        assertThat(report.getSplit()).isEqualTo("validation");
        assertThat(report.getVocabulary()).isEqualTo(VOCABULARY_SIZE);
        assertThat(report.getUsed()).isEqualTo(expected.used());
        assertThat(report.getOverall().getTokens()).isEqualTo(expected.overall().tokens());
        assertThat(report.getScriptsMap()).containsOnlyKeys("Common", "Hangul", "Latin");
        assertThat(report.getScriptsOrThrow("Hangul").getBytes())
                .isEqualTo(expected.scripts().get("Hangul").bytes());
        assertThat(report.getLongTokens(0).getText())
                .isEqualTo(expected.longest().get(0).text());
        assertThat(report.getUnusedCount()).isEqualTo(expected.unused().size());

        objects.put(tokenizer.getName() + "/report.json", new byte[] {1});
        assertRefused(Status.Code.DATA_LOSS, "TOKENIZER_CORRUPT", () -> report(tokenizer.getName()));
    }

    @Test
    void breaksTiesAsTheRequestSays() {
        String corpus = corpus(3);
        TrainTokenizerRequest request = trainRequest(corpus)
                .setSpec(TokenizerSpec.newBuilder()
                        .setVocabularySize(VOCABULARY_SIZE)
                        .setTieRule(TokenizerSpec.TieRule.LEXICOGRAPHIC))
                .build();
        Tokenizer trained = watchTokenizer(tokenization.trainTokenizer(request).getName());

        BpeTrainer expected = new BpeTrainer(VOCABULARY_SIZE, TieRule.LEXICOGRAPHIC);
        CorpusOfStories.stories(0).forEach(expected::add);
        CorpusOfStories.stories(1).forEach(expected::add);
        assertThat(trained.getSpec().getTieRule()).isEqualTo(TokenizerSpec.TieRule.LEXICOGRAPHIC);
        assertThat(trained.getSha256()).isEqualTo(Sha256.of(expected.train().toJson()));
        assertThat(train(corpus).getSpec().getTieRule()).isEqualTo(TokenizerSpec.TieRule.SMALLEST_IDS);
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> tokenization.trainTokenizer(trainRequest(corpus)
                        .setRequestId(request.getRequestId())
                        .build()));
    }

    @Test
    void aWatcherSeesHowFarTrainingHasRead() {
        String corpus = HOME + "corpora/" + UUID.randomUUID();
        CorpusOfStories.objects(corpus, 20, 2_000).forEach(objects::put);
        List<Tokenizer> seen = new ArrayList<>();
        tokenization
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .watchTokenizer(WatchTokenizerRequest.newBuilder()
                        .setName(tokenization
                                .trainTokenizer(trainRequest(corpus).build())
                                .getName())
                        .build())
                .forEachRemaining(seen::add);

        Tokenizer ready = seen.get(seen.size() - 1);
        assertThat(ready.getState()).isEqualTo(Tokenizer.State.READY);
        assertThat(ready.getReadBytes()).isEqualTo(ready.getSourceBytes()).isEqualTo(textBytes(corpus));
        assertThat(seen).extracting(Tokenizer::getReadBytes).isSorted();
        // Created, begun, ended: whatever is more was progress.
        assertThat(ready.getRevision()).isGreaterThan(3);
    }

    @Test
    void aCancelStopsLearningInItsMiddleWhichAWatcherSees() {
        String corpus = corpusOfNumbers(1);
        TrainTokenizerRequest request = trainRequest(corpus)
                .setSpec(TokenizerSpec.newBuilder().setVocabularySize(200_000))
                .build();
        String name = tokenization.trainTokenizer(request).getName();
        Iterator<Tokenizer> changes = tokenization
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .watchTokenizer(WatchTokenizerRequest.newBuilder().setName(name).build());
        Tokenizer learning = changes.next();
        while (learning.getLearnedTokens() <= 257) {
            assertThat(learning.getState()).isIn(Tokenizer.State.PENDING, Tokenizer.State.TRAINING);
            learning = changes.next();
        }
        assertThat(learning.getState()).isEqualTo(Tokenizer.State.TRAINING);
        assertThat(learning.getLearnedTokens()).isLessThan(200_000);
        assertThat(learning.getReadBytes()).isLessThan(learning.getSourceBytes());

        tokenization.cancelTokenizer(
                CancelTokenizerRequest.newBuilder().setName(name).build());

        Tokenizer last = learning;
        while (changes.hasNext()) {
            last = changes.next();
        }
        assertThat(last.getState()).isEqualTo(Tokenizer.State.CANCELLED);
        assertThat(last.getLearnedTokens()).isLessThan(200_000);
        assertThat(objects.size(name + "/tokenizer.json")).isEmpty();
    }

    @Test
    void aCorpusThatThereIsNoMemoryForFailsWithTheNumber() {
        Tokenizer failed = watchTokenizer(tokenization
                .trainTokenizer(trainRequest(corpusOfNumbers(10)).build())
                .getName());
        assertThat(failed.getState()).isEqualTo(Tokenizer.State.FAILED);
        assertThat(failed.getFailureReason()).isEqualTo("CORPUS_TOO_DIVERSE");
        assertThat(failed.getFailureMessage())
                .matches(
                        "learning: \\d+ bytes of memory or more at token \\d+, for different words of together \\d+ bytes"
                                + " \\(expected: at most 134217728\\)");
    }

    /** Text without two equal words, a hundred thousand to a document. */
    private String corpusOfNumbers(int documents) {
        Random random = new Random(1);
        String corpus = HOME + "corpora/" + UUID.randomUUID();
        List<Document> numbers = Stream.generate(() -> random.longs(100_000, 0, Long.MAX_VALUE)
                        .mapToObj(Long::toString)
                        .collect(Collectors.joining(" ")))
                .limit(documents)
                .map(Document::of)
                .toList();
        CorpusOfStories.objects(corpus, 2, shard -> shard == 0 ? numbers : List.of(Document.of("the end")))
                .forEach(objects::put);
        return corpus;
    }

    private TokenizerReport report(String tokenizer) {
        return tokenization.getTokenizerReport(
                GetTokenizerReportRequest.newBuilder().setName(tokenizer).build());
    }

    @Test
    void anImportedTokenizerIsAsGoodAsATrainedOne() throws Exception {
        String corpus = corpus(3);
        byte[] json = tokenizerJson(290);
        String id = "imported-" + UUID.randomUUID();

        Tokenizer imported = importTokenizer("request " + id, id, json);

        assertThat(imported.getName()).isEqualTo(HOME + "tokenizers/" + id);
        assertThat(imported.getState()).isEqualTo(Tokenizer.State.READY);
        assertThat(imported.getCorpus()).isEmpty();
        assertThat(imported.getTokens()).isEqualTo(290);
        assertThat(imported.getSha256()).isEqualTo(Sha256.of(json));
        assertThat(objects.bytes(imported.getName() + "/tokenizer.json", 1 << 20))
                .isEqualTo(json);
        Dataset dataset = encode(corpus, imported.getName());
        assertThat(dataset.getState()).isEqualTo(Dataset.State.SEALED);
        assertThat(documents(dataset, "shards/train-00001", BpeTokenizer.fromJson(json)))
                .isEqualTo(CorpusOfStories.stories(1));
        assertRefused(Status.Code.NOT_FOUND, "REPORT_NOT_FOUND", () -> report(imported.getName()));
        try (Facts facts = Facts.on(TOPIC)) {
            Fact fact = facts.await(told -> is(told, "maru.tokenizer.imported.v1", imported.getName()));
            assertThat(TokenizerImported.parseFrom(fact.data()).getSha256()).isEqualTo(imported.getSha256());
        }

        // The same request again is one request.
        assertThat(importTokenizer("request " + id, id, json)).isEqualTo(imported);
        assertThat(importTokenizer("request " + id, "", json)).isEqualTo(imported);
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> importTokenizer("request " + id, id, tokenizerJson(291)));
        // A request id is the method's: to train is another request.
        assertThat(tokenization
                        .trainTokenizer(trainRequest(corpus)
                                .setRequestId("request " + id)
                                .build())
                        .getName())
                .isNotEqualTo(imported.getName());
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "TOKENIZER_EXISTS",
                () -> importTokenizer("another " + id, id, tokenizerJson(291)));
        assertThat(objects.bytes(imported.getName() + "/tokenizer.json", 1 << 20))
                .isEqualTo(json);
    }

    @Test
    void aTokenizerThatCannotBeHonouredIsRefusedByNameAndLeavesNothing() {
        String json = new String(tokenizerJson(257), UTF_8);
        for (String[] change : new String[][] {
            {"\"BPE\"", "\"WordPiece\"", "model.type"},
            {"\"NFC\"", "\"Oddity\"", "normalizer"},
            {"<|endoftext|>", "<|else|>", "<|endoftext|>"},
            {"\"version\"", "\"version", "tokenizer.json: JSON"},
        }) {
            String id = "bad-" + UUID.randomUUID();
            assertThat(json).contains(change[0]);
            assertRefused(
                            Status.Code.INVALID_ARGUMENT,
                            "INVALID_TOKENIZER",
                            () -> importTokenizer(
                                    id, id, json.replace(change[0], change[1]).getBytes(UTF_8)))
                    .hasMessageContaining(change[2]);
            assertThat(objects.list(HOME + "tokenizers/" + id)).isEmpty();
            assertRefused(
                    Status.Code.NOT_FOUND,
                    "TOKENIZER_NOT_FOUND",
                    () -> tokenization.getTokenizer(GetTokenizerRequest.newBuilder()
                            .setName("tokenizers/" + id)
                            .build()));
        }
    }

    @Test
    void anImportHasAnOrderAndLimits() {
        ImportTokenizerRequest header = importHeader("r", "");
        ImportTokenizerRequest chunk = importChunk(new byte[] {'{'});
        ImportTokenizerRequest large = importChunk(new byte[1 << 20]);
        List<ImportTokenizerRequest> tooMuch = new ArrayList<>(Collections.nCopies(33, large));
        tooMuch.add(0, header);

        assertRefused(Status.Code.INVALID_ARGUMENT, "TOKENIZER_TOO_LARGE", () -> importParts(tooMuch));
        assertRefused(Status.Code.INVALID_ARGUMENT, "IMPORT_OUT_OF_ORDER", () -> importParts(List.of(chunk)));
        assertRefused(Status.Code.INVALID_ARGUMENT, "IMPORT_OUT_OF_ORDER", () -> importParts(List.of(header, header)));
        assertRefused(Status.Code.INVALID_ARGUMENT, "IMPORT_OUT_OF_ORDER", () -> importParts(List.of()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "IMPORT_OUT_OF_ORDER",
                () -> importParts(List.of(header, ImportTokenizerRequest.getDefaultInstance())));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "IMPORT_OUT_OF_ORDER",
                () -> importParts(List.of(header, importChunk(new byte[(1 << 20) + 1]))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "INVALID_NAME", () -> importParts(List.of(importHeader("r", "../x"))));

        // One that fell silent keeps nobody out for ever.
        ImportCall silent = new ImportCall();
        StreamObserver<ImportTokenizerRequest> sender =
                TokenizationServiceGrpc.newStub(channel).importTokenizer(silent);
        sender.onNext(header);
        await().untilAsserted(() -> assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "TOO_MANY_IMPORTS",
                () -> importParts(List.of(header, importChunk(tokenizerJson(257))))));
        assertRefused(Status.Code.RESOURCE_EXHAUSTED, "IMPORT_IDLE", silent::result);
        String id = UUID.randomUUID().toString();
        assertThat(importTokenizer(id, id, tokenizerJson(257)).getState()).isEqualTo(Tokenizer.State.READY);
    }

    /** A tokenizer.json with so many tokens. */
    private static byte[] tokenizerJson(int tokens) {
        BpeTrainer trainer = new BpeTrainer(tokens, TieRule.SMALLEST_IDS);
        CorpusOfStories.stories(0).forEach(trainer::add);
        return trainer.train().toJson();
    }

    private Tokenizer importTokenizer(String requestId, String tokenizerId, byte[] json) {
        int half = json.length / 2;
        return importParts(List.of(
                importHeader(requestId, tokenizerId),
                importChunk(Arrays.copyOf(json, half)),
                importChunk(Arrays.copyOfRange(json, half, json.length))));
    }

    private static ImportTokenizerRequest importHeader(String requestId, String tokenizerId) {
        return ImportTokenizerRequest.newBuilder()
                .setHeader(ImportTokenizerRequest.Header.newBuilder()
                        .setRequestId(requestId)
                        .setTokenizerId(tokenizerId))
                .build();
    }

    private static ImportTokenizerRequest importChunk(byte[] bytes) {
        return ImportTokenizerRequest.newBuilder()
                .setChunk(ByteString.copyFrom(bytes))
                .build();
    }

    private Tokenizer importParts(List<ImportTokenizerRequest> parts) {
        ImportCall call = new ImportCall();
        StreamObserver<ImportTokenizerRequest> sender =
                TokenizationServiceGrpc.newStub(channel).importTokenizer(call);
        parts.forEach(sender::onNext);
        sender.onCompleted();
        return call.result();
    }

    /** What an import answers. */
    private static final class ImportCall implements StreamObserver<Tokenizer> {
        private final CompletableFuture<Tokenizer> result = new CompletableFuture<>();

        @Override
        public void onNext(Tokenizer tokenizer) {
            result.complete(tokenizer);
        }

        @Override
        public void onError(Throwable failure) {
            result.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            result.completeExceptionally(new AssertionError("no answer"));
        }

        Tokenizer result() {
            try {
                return result.get(30, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof StatusRuntimeException refused) {
                    throw refused;
                }
                throw new AssertionError(e);
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }

    private long textBytes(String corpus) {
        return Manifest.fromJson(objects.bytes(corpus + "/manifest.json", Manifest.MAX_BYTES)).entries().stream()
                .mapToLong(entry -> Long.parseLong(entry.attributes().get("textBytes")))
                .sum();
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
            Status.Code code, String reason, ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(code);
            assertThat(reason(e)).isEqualTo(reason);
        });
    }

    private static String reason(StatusRuntimeException e) {
        try {
            ErrorInfo info = StatusProto.fromThrowable(e).getDetails(0).unpack(ErrorInfo.class);
            assertThat(info.getDomain()).isEqualTo("maru.tokenization");
            return info.getReason();
        } catch (InvalidProtocolBufferException malformed) {
            throw new AssertionError(malformed);
        }
    }

    private static boolean is(Fact fact, String type, String subject) {
        return fact.type().equals(type) && fact.subject().equals(subject);
    }

    /** What the shard says, document by document. */
    private List<String> documents(Dataset dataset, String key, BpeTokenizer tokenizer) throws IOException {
        Path file = folder.resolve("shard");
        objects.fetch(dataset.getName() + "/" + key, file);
        List<String> documents = new ArrayList<>();
        try (TokenShardReader reader = TokenShardReader.open(file)) {
            List<Integer> ids = new ArrayList<>();
            for (long at = 0; at < reader.tokenCount(); at++) {
                int id = reader.token(at);
                if (id == tokenizer.endOfText()) {
                    documents.add(tokenizer.decode(
                            ids.stream().mapToInt(Integer::intValue).toArray()));
                    ids.clear();
                } else {
                    ids.add(id);
                }
            }
            assertThat(ids).as("after the last end of text").isEmpty();
        }
        return documents;
    }

    /** A new sealed corpus in the store. */
    private String corpus(int shards) {
        String corpus = HOME + "corpora/" + UUID.randomUUID();
        CorpusOfStories.objects(corpus, shards).forEach(objects::put);
        return corpus;
    }

    private Tokenizer train(String corpus) {
        return watchTokenizer(
                tokenization.trainTokenizer(trainRequest(corpus).build()).getName());
    }

    /** The tokenizer in its final state. */
    private Tokenizer watchTokenizer(String name) {
        Iterator<Tokenizer> states = tokenization
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .watchTokenizer(WatchTokenizerRequest.newBuilder().setName(name).build());
        Tokenizer last = null;
        while (states.hasNext()) {
            last = states.next();
        }
        return last;
    }

    private static TrainTokenizerRequest.Builder trainRequest(String corpus) {
        return TrainTokenizerRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setCorpus(corpus)
                .setSpec(TokenizerSpec.newBuilder().setVocabularySize(VOCABULARY_SIZE))
                .setRun("runs/r1");
    }

    private Dataset encode(String corpus, String tokenizer) {
        return watch(tokenization
                .createDataset(datasetRequest(corpus, tokenizer).build())
                .getName());
    }

    private static CreateDatasetRequest.Builder datasetRequest(String corpus, String tokenizer) {
        return CreateDatasetRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setCorpus(corpus)
                .setTokenizer(tokenizer)
                .setRun("runs/r1");
    }

    /** The dataset in its final state. */
    private Dataset watch(String name) {
        Iterator<Dataset> states = tokenization
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .watchDataset(WatchDatasetRequest.newBuilder().setName(name).build());
        Dataset last = null;
        while (states.hasNext()) {
            last = states.next();
        }
        return last;
    }
}
