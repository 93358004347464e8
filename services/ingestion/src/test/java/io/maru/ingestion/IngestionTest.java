package io.maru.ingestion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.maru.formats.Document;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.CheckCorpusSpecRequest;
import io.maru.ingestion.v1.CheckCorpusSpecResponse;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CorpusFailed;
import io.maru.ingestion.v1.CorpusSealed;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.FindDocumentRequest;
import io.maru.ingestion.v1.FoundDocument;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.ingestion.v1.ListCorporaRequest;
import io.maru.ingestion.v1.ListCorporaResponse;
import io.maru.ingestion.v1.ShardSealed;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.ingestion.v1.WatchCorpusRequest;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Violation;
import io.maru.platform.event.Fact;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service whole, through its gRPC door, on real Kafka, PostgreSQL and S3. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        restrictToAnnotatedClass = true,
        initArgs = @ResourceArg(name = "schema", value = "ingestion"))
class IngestionTest {
    private static final String TOPIC = "maru.ingestion.v1";
    /** Where what nobody signed in for is. */
    private static final String HOME = "workspaces/default/";

    @TestHTTPResource
    URI address;

    @Inject
    ObjectStore objects;

    @Inject
    IngestionConfig config;

    private ManagedChannel channel;
    private IngestionServiceGrpc.IngestionServiceBlockingStub ingestion;

    @BeforeEach
    void connect() {
        objects.createBucketIfAbsent();
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", address.getPort())
                .usePlaintext()
                .build();
        ingestion = IngestionServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void disconnect() throws InterruptedException {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anUploadBecomesASealedCorpusAndItsFacts() throws Exception {
        String text = stories(40);
        UploadedFile file = upload("stories.txt", text.getBytes(StandardCharsets.UTF_8));
        assertThat(file.getName())
                .isEqualTo(HOME + "uploads/"
                        + Sha256.of(text.getBytes(StandardCharsets.UTF_8)).substring(0, 32));
        assertThat(file.getLines()).isEqualTo(text.lines().count());

        Corpus corpus = watch(create(file.getName(), 0.25).getName());

        assertThat(corpus.getState()).isEqualTo(Corpus.State.SEALED);
        assertThat(corpus.getReadBytes()).isEqualTo(file.getSize()).isEqualTo(corpus.getSourceBytes());
        assertThat(corpus.getDocuments()).isEqualTo(40);
        assertThat(corpus.getDuplicates()).isEqualTo(1);
        byte[] json = objects.bytes(corpus.getName() + "/manifest.json", Manifest.MAX_BYTES);
        Manifest manifest = Manifest.fromJson(json);
        assertThat(corpus.getManifestSha256()).isEqualTo(manifest.digest());
        List<String> texts = new ArrayList<>();
        for (Manifest.Entry entry : manifest.entries()) {
            for (Document document : read(corpus.getName() + "/" + entry.key())) {
                texts.addAll(document.texts());
            }
        }
        assertThat(texts)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 40).mapToObj(IngestionTest::story).toList());

        try (Facts facts = Facts.on(TOPIC)) {
            CorpusSealed sealed = CorpusSealed.parseFrom(facts.await(fact -> is(fact, "maru.corpus.sealed.v1", corpus))
                    .data());
            assertThat(sealed.getManifestSha256()).isEqualTo(corpus.getManifestSha256());
            List<String> shards = new ArrayList<>();
            for (Fact fact : facts.await(corpus.getShards(), fact -> is(fact, "maru.shard.sealed.v1", corpus))) {
                assertThat(fact.run()).isEqualTo(HOME + "runs/r1");
                shards.add(ShardSealed.parseFrom(fact.data()).getShard());
            }
            assertThat(shards)
                    .containsExactlyInAnyOrderElementsOf(manifest.entries().stream()
                            .map(entry -> corpus.getName() + "/" + entry.key())
                            .toList());
        }
    }

    @Test
    void documentsHaveTheKindThatTheirSenderOrTheirFileSays() throws Exception {
        byte[] prose = "a story of a fox".getBytes(StandardCharsets.UTF_8);
        byte[] news = "news of the day".getBytes(StandardCharsets.UTF_8);
        UploadedFile story = upload("story.txt", prose);
        UploadRequest header = UploadRequest.newBuilder()
                .setHeader(
                        UploadRequest.Header.newBuilder().setFileName("a.txt").setKind("news"))
                .build();
        UploadedFile paper = upload(List.of(header, chunk(ByteString.copyFrom(news))));
        objects.put(HOME + "inbox/kinds/Fox.java", "class Fox {}".getBytes(StandardCharsets.UTF_8));
        objects.put(HOME + "inbox/kinds/rows.csv", "fox,4".getBytes(StandardCharsets.UTF_8));
        assertThat(story.getKind()).isEqualTo("prose");
        assertThat(paper.getKind()).isEqualTo("news");

        CreateCorpusRequest request = request(
                        story.getName(), paper.getName(), "inbox/kinds/Fox.java", "inbox/kinds/rows.csv")
                .putKinds("inbox/kinds/rows.csv", "animals")
                .build();
        Corpus corpus = watch(ingestion.createCorpus(request).getName());

        assertThat(corpus.getKindsMap())
                .isEqualTo(Map.of(
                        story.getName(),
                        "prose",
                        paper.getName(),
                        "news",
                        HOME + "inbox/kinds/Fox.java",
                        "code",
                        HOME + "inbox/kinds/rows.csv",
                        "animals"));
        assertThat(read(corpus.getName() + "/shards/train-00000"))
                .extracting(document -> document.texts().get(0), Document::kind)
                .containsExactly(
                        tuple("a story of a fox", "prose"),
                        tuple("news of the day", "news"),
                        tuple("class Fox {}", "code"),
                        tuple("fox,4", "animals"));

        // What a sender says later is for later corpora.
        assertThat(upload("story.md", prose).getKind()).isEqualTo("markdown");
        assertThat(ingestion.createCorpus(request)).isEqualTo(corpus);
        assertThat(ingestion.createCorpus(request(story.getName()).build()).getKindsMap())
                .containsOnly(entry(story.getName(), "markdown"));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> ingestion.createCorpus(request.toBuilder()
                        .putKinds("inbox/kinds/rows.csv", "plants")
                        .build()));
    }

    @Test
    void refusesAFileNameThatCouldWriteLinesOfItsOwn() {
        assertThatThrownBy(() -> upload("a\nb.txt", new byte[] {'a'}))
                .hasMessageContaining("header.file_name: U+000A as character 2 (expected: no control characters)");
    }

    @Test
    void refusesKindsThatNobodyCouldRead() throws Exception {
        UploadRequest header = UploadRequest.newBuilder()
                .setHeader(
                        UploadRequest.Header.newBuilder().setFileName("a.txt").setKind("No News"))
                .build();
        assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_KIND", () -> upload(List.of(header)));
        objects.put(HOME + "inbox/kind.txt", new byte[] {'a'});
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "INVALID_KIND",
                        () -> ingestion.createCorpus(request("inbox/kind.txt")
                                .putKinds("inbox/none.txt", "news")
                                .build()))
                .hasMessageContaining("kinds: workspaces/default/inbox/none.txt (expected: one of the sources)");
        CreateCorpusRequest.Builder many = request();
        for (int i = 0; i <= 100; i++) {
            String source = "inbox/kinds/" + i + ".txt";
            objects.put(HOME + source, new byte[] {'a'});
            many.addSources(source).putKinds(source, "kind-" + i);
        }
        assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_KIND", () -> ingestion.createCorpus(many.build()))
                .hasMessageContaining("kinds: 101 different ones (expected: at most 100)");
    }

    @Test
    void theSameFileAndTheSameRequestTwiceChangeNothing() throws Exception {
        byte[] text = stories(3).getBytes(StandardCharsets.UTF_8);
        UploadedFile file = upload("a.txt", text);
        assertThat(upload("b.txt", text).getName()).isEqualTo(file.getName());

        CreateCorpusRequest request = request(file.getName()).build();
        Corpus first = watch(ingestion.createCorpus(request).getName());
        Corpus second = ingestion.createCorpus(request);

        assertThat(second).isEqualTo(first);
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "REQUEST_ID_REUSED",
                () -> ingestion.createCorpus(request.toBuilder()
                        .setSpec(CorpusSpec.newBuilder().setValidationFraction(0.5))
                        .build()));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "CORPUS_EXISTS",
                () -> ingestion.createCorpus(request(file.getName())
                        .setCorpusId(first.getName().substring((HOME + "corpora/").length()))
                        .build()));
    }

    @Test
    void twoCorporaOfTheSameSourcesHaveOneDigest() throws Exception {
        UploadedFile file = upload("a.txt", stories(60).getBytes(StandardCharsets.UTF_8));
        objects.put(HOME + "inbox/twice/b.txt", "Another text.\n".getBytes(StandardCharsets.UTF_8));

        Corpus one = watch(ingestion
                .createCorpus(request(file.getName(), "inbox/twice/b.txt").build())
                .getName());
        Corpus two = watch(ingestion
                .createCorpus(request(file.getName(), "inbox/twice/b.txt").build())
                .getName());

        assertThat(one.getState()).isEqualTo(Corpus.State.SEALED);
        assertThat(two.getManifestSha256()).isEqualTo(one.getManifestSha256());
    }

    @Test
    void refusesMessagesOutOfOrder() {
        assertRefused(Status.Code.INVALID_ARGUMENT, "UPLOAD_OUT_OF_ORDER", () -> upload(List.of()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "UPLOAD_OUT_OF_ORDER",
                () -> upload(List.of(chunk(ByteString.copyFromUtf8("text")))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "UPLOAD_OUT_OF_ORDER",
                () -> upload(List.of(header("a.txt"), chunk(ByteString.copyFromUtf8("text")), header("a.txt"))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "UPLOAD_OUT_OF_ORDER",
                () -> upload(List.of(header("a.txt"), UploadRequest.getDefaultInstance())));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "CHUNK_TOO_LARGE",
                () -> upload(List.of(header("a.txt"), chunk(ByteString.copyFrom(new byte[(1 << 20) + 1])))));
        assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_ARGUMENT", () -> upload(List.of(header(" "))));
    }

    @Test
    void refusesWhatIsNoTextAndSaysWhere() throws Exception {
        assertRefused(Status.Code.INVALID_ARGUMENT, "FILE_EMPTY", () -> upload(List.of(header("empty.txt"))));
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "NOT_TEXT",
                        () -> upload("a.png", new byte[] {'P', 'N', 'G', '\n', 0, 1}))
                .hasMessageContaining("a.png: line 2 (counted from 1), byte offset 4 (counted from 0)");
        // The wrong byte is in the second chunk.
        byte[] text = "0123456789\n".repeat(10_000).getBytes(StandardCharsets.UTF_8);
        text[100_000] = (byte) 0xE9;
        assertRefused(Status.Code.INVALID_ARGUMENT, "NOT_UTF8", () -> upload("latin.txt", text))
                .hasMessageContaining("latin.txt: line 9091 (counted from 1), byte offset 100000 (counted from 0)");
        assertThat(workFiles()).isEmpty();
    }

    @Test
    void aTextOfOneLongLineIsACorpusUnlessItIsToBeStrict() throws Exception {
        String line = IntStream.range(0, 100_000)
                .mapToObj(i -> "heron " + i + " counts stones")
                .collect(Collectors.joining(" "));
        UploadedFile file = upload("line.txt", line.getBytes(StandardCharsets.UTF_8));
        assertThat(file.getLines()).isEqualTo(1);

        Corpus corpus = watch(create(file.getName(), 0.1).getName());
        assertThat(corpus.getState()).isEqualTo(Corpus.State.SEALED);
        // A white space at each cut is in no document.
        assertThat(corpus.getTrainBytes() + corpus.getValidationBytes() + corpus.getDocuments() - 1)
                .isEqualTo(line.length());
        assertThat(corpus.getValidationBytes()).isPositive();

        CorpusSpec strict = CorpusSpec.newBuilder().setStrict(true).build();
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "LINE_TOO_LONG",
                        () -> ingestion.checkCorpusSpec(CheckCorpusSpecRequest.newBuilder()
                                .setSpec(strict)
                                .addSources(file.getName())
                                .build()))
                .hasMessageContaining(
                        "line 1 (counted from 1): " + line.length() + " bytes (expected: at most 1048576; ");
        Corpus refused = watch(ingestion
                .createCorpus(request(file.getName()).setSpec(strict).build())
                .getName());
        assertThat(refused.getFailureReason()).isEqualTo("LINE_TOO_LONG");
        assertThat(refused.getSpec().getStrict()).isTrue();
    }

    @Test
    void aSpecIsCheckedAgainstItsSources() throws Exception {
        UploadedFile one = upload("one.txt", "The only document.\n".getBytes(StandardCharsets.UTF_8));
        UploadedFile many = upload("many.txt", stories(60).getBytes(StandardCharsets.UTF_8));
        CheckCorpusSpecRequest request =
                CheckCorpusSpecRequest.newBuilder().addSources(one.getName()).build();

        assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_SPEC", () -> ingestion.checkCorpusSpec(request))
                .satisfies(e -> assertThat(GrpcFaults.violations((StatusRuntimeException) e))
                        .extracting(Violation::path)
                        .containsExactly("validationFraction"));
        CheckCorpusSpecResponse checked = ingestion.checkCorpusSpec(
                request.toBuilder().addSources(many.getName()).build());
        Corpus corpus = watch(ingestion
                .createCorpus(request(one.getName(), many.getName())
                        .setSpec(checked.getSpec())
                        .build())
                .getName());

        assertThat(checked.getTrainBytes()).isEqualTo(corpus.getTrainBytes());
        assertThat(checked.getValidationBytes()).isEqualTo(corpus.getValidationBytes());
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SOURCE",
                () -> ingestion.checkCorpusSpec(
                        request.toBuilder().addSources("../a").build()));
    }

    @Test
    void aFileThatIsNoTextIsNamedAsWhatItIs() {
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "NOT_TEXT",
                        () -> upload("notes.txt", "%PDF-1.7\n".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("notes.txt: a PDF document (expected: text in UTF-8; ");
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "NOT_UTF8",
                        () -> upload("notes.txt", "a\n".getBytes(StandardCharsets.UTF_16)))
                .hasMessageContaining("notes.txt: a text in UTF-16, big-endian (expected: text in UTF-8; ");
    }

    @Test
    void anUploadThatItsSenderGivesUpLeavesNothing() throws Exception {
        List<ClientCallStreamObserver<UploadRequest>> uploads = new ArrayList<>();
        for (int i = 0; i < config.maxUploads(); i++) {
            ClientCallStreamObserver<UploadRequest> upload = (ClientCallStreamObserver<UploadRequest>)
                    IngestionServiceGrpc.newStub(channel).upload(new Answer(new CompletableFuture<>()));
            upload.onNext(header("a.txt"));
            upload.onNext(chunk(ByteString.copyFromUtf8("the beginning")));
            uploads.add(upload);
        }
        await().until(() -> workFiles().size() == config.maxUploads());
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "TOO_MANY_UPLOADS",
                () -> upload("b.txt", "text".getBytes(StandardCharsets.UTF_8)));

        uploads.forEach(upload -> upload.cancel("changed my mind", null));

        await().until(() -> workFiles().isEmpty());
        assertThat(upload("b.txt", "text".getBytes(StandardCharsets.UTF_8)).getLines())
                .isEqualTo(1);
    }

    @Test
    void anUploadThatFallsSilentLosesItsPlace() throws Exception {
        CompletableFuture<UploadedFile> answer = new CompletableFuture<>();
        StreamObserver<UploadRequest> upload =
                IngestionServiceGrpc.newStub(channel).upload(new Answer(answer));
        upload.onNext(header("a.txt"));
        upload.onNext(chunk(ByteString.copyFromUtf8("the beginning")));

        assertRefused(Status.Code.RESOURCE_EXHAUSTED, "UPLOAD_IDLE", () -> get(answer));
        await().until(() -> workFiles().isEmpty());
    }

    @Test
    void refusesACorpusBeforeAnythingIsQueued() {
        assertRefused(Status.Code.NOT_FOUND, "SOURCE_MISSING", () -> create("inbox/none.txt", 0))
                .hasMessageContaining("there is no workspaces/default/inbox/none.txt");
        assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_SOURCE", () -> create("inbox/../uploads/a", 0));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_SOURCE",
                () -> ingestion.createCorpus(request().build()));
        objects.put(HOME + "inbox/there.txt", "text".getBytes(StandardCharsets.UTF_8));
        for (double fraction : new double[] {-0.1, 1, Double.NaN}) {
            assertRefused(Status.Code.INVALID_ARGUMENT, "INVALID_SPEC", () -> create("inbox/there.txt", fraction))
                    .hasMessageContaining("spec.validationFraction: ");
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_NAME",
                () -> ingestion.createCorpus(
                        request("inbox/there.txt").setCorpusId("../a").build()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_ARGUMENT",
                () -> ingestion.createCorpus(
                        request("inbox/there.txt").clearRequestId().build()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "CORPUS_NOT_FOUND",
                () -> ingestion.getCorpus(
                        GetCorpusRequest.newBuilder().setName("corpora/none").build()));
        assertRefused(Status.Code.NOT_FOUND, "CORPUS_NOT_FOUND", () -> watch("corpora/none"));
        assertRefused(
                Status.Code.NOT_FOUND,
                "CORPUS_NOT_FOUND",
                () -> ingestion.cancelCorpus(
                        CancelCorpusRequest.newBuilder().setName("corpora/none").build()));
    }

    @Test
    void aSourceThatIsNoTextFailsTheCorpusAndSaysWhere() throws Exception {
        objects.put(HOME + "inbox/broken.txt", new byte[] {'a', '\n', (byte) 0xC3, 'b'});

        Corpus corpus = watch(create("inbox/broken.txt", 0).getName());

        assertThat(corpus.getState()).isEqualTo(Corpus.State.FAILED);
        assertThat(corpus.getFailureReason()).isEqualTo("NOT_UTF8");
        assertThat(corpus.getFailureMessage())
                .startsWith(HOME + "inbox/broken.txt: line 2 (counted from 1), byte offset 2 (counted from 0)");
        try (Facts facts = Facts.on(TOPIC)) {
            CorpusFailed failed = CorpusFailed.parseFrom(facts.await(fact -> is(fact, "maru.corpus.failed.v1", corpus))
                    .data());
            assertThat(failed.getReason()).isEqualTo("NOT_UTF8");
        }
    }

    @Test
    void aCorpusThatIsCancelledStopsForGood() throws Exception {
        // Large enough that it cannot be finished before the cancellation is seen.
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 40 << 20; i++) {
            text.append("paragraph ").append(i).append(" is here\n\n");
        }
        objects.put(HOME + "inbox/large.txt", text.toString().getBytes(StandardCharsets.UTF_8));
        Corpus created = create("inbox/large.txt", 0);
        CancelCorpusRequest cancel =
                CancelCorpusRequest.newBuilder().setName(created.getName()).build();
        await().until(() -> ingestion
                        .getCorpus(GetCorpusRequest.newBuilder()
                                .setName(created.getName())
                                .build())
                        .getState()
                == Corpus.State.RUNNING);

        assertThat(ingestion.cancelCorpus(cancel).getState()).isEqualTo(Corpus.State.CANCELLING);
        Corpus cancelled = watch(created.getName());

        assertThat(cancelled.getState()).isEqualTo(Corpus.State.CANCELLED);
        assertThat(objects.size(created.getName() + "/manifest.json")).isEmpty();
        assertThat(ingestion.cancelCorpus(cancel)).isEqualTo(cancelled);
        await().until(() -> workFiles().isEmpty());
    }

    @Test
    void aSpecIsCheckedWithEverythingThatIsWrongAtOnce() {
        CorpusSpec completed = ingestion
                .checkCorpusSpec(CheckCorpusSpecRequest.getDefaultInstance())
                .getSpec();
        assertThat(completed)
                .isEqualTo(CorpusSpec.newBuilder()
                        .setValidationFraction(0.1)
                        .setFormat(CorpusSpec.Format.TEXT)
                        .setStrict(false)
                        .build());

        CorpusSpec wrong = CorpusSpec.newBuilder()
                .setValidationFraction(1)
                .setFormatValue(7)
                .build();
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "INVALID_SPEC",
                        () -> ingestion.checkCorpusSpec(CheckCorpusSpecRequest.newBuilder()
                                .setSpec(wrong)
                                .build()))
                .satisfies(e -> assertThat(GrpcFaults.violations((StatusRuntimeException) e))
                        .extracting(Violation::path)
                        .containsExactly("validationFraction", "format"));
        assertRefused(
                        Status.Code.INVALID_ARGUMENT,
                        "INVALID_SPEC",
                        () -> ingestion.createCorpus(request("inbox/none.txt")
                                .setSpec(wrong)
                                .setPriority(11)
                                .build()))
                .satisfies(e -> assertThat(GrpcFaults.violations((StatusRuntimeException) e))
                        .extracting(Violation::path)
                        .containsExactly("spec.validationFraction", "spec.format", "priority"));
    }

    @Test
    void rowsOfPairsAndMessagesBecomeDocuments() throws Exception {
        UploadedFile rows = upload("rows.jsonl", """
                {"prompt":"Two and two?","completion":" Four."}
                {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}
                """.getBytes(StandardCharsets.UTF_8));
        CorpusSpec jsonl = CorpusSpec.newBuilder()
                .setValidationFraction(0)
                .setFormat(CorpusSpec.Format.JSONL)
                .setStrict(false)
                .build();

        Corpus corpus = watch(ingestion
                .createCorpus(request(rows.getName()).setSpec(jsonl).build())
                .getName());

        assertThat(corpus.getState()).isEqualTo(Corpus.State.SEALED);
        assertThat(corpus.getSpec()).isEqualTo(jsonl);
        assertThat(corpus.getPairs()).isEqualTo(1);
        assertThat(corpus.getConversations()).isEqualTo(1);
        assertThat(read(corpus.getName() + "/shards/train-00000"))
                .extracting(Document::texts)
                .containsExactly(List.of("Two and two?", " Four."), List.of("Hi", "Hello"));

        objects.put(HOME + "inbox/rows.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n".getBytes(StandardCharsets.UTF_8));
        Corpus failed = watch(ingestion
                .createCorpus(request("inbox/rows.jsonl").setSpec(jsonl).build())
                .getName());
        assertThat(failed.getFailureReason()).isEqualTo("INVALID_ROW");
        assertThat(failed.getFailureMessage())
                .startsWith(HOME + "inbox/rows.jsonl: line 2")
                .contains("the key txt (expected: text, or prompt and completion, or messages)");
    }

    @Test
    void aWorkspaceSeesNothingOfAnother() throws Exception {
        byte[] text = "a text that two workspaces have".getBytes(StandardCharsets.UTF_8);
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER), "other");
        Channel others = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        IngestionServiceGrpc.IngestionServiceBlockingStub other = IngestionServiceGrpc.newBlockingStub(others);
        UploadRequest header = UploadRequest.newBuilder()
                .setHeader(
                        UploadRequest.Header.newBuilder().setFileName("a.txt").setKind("theirs"))
                .build();

        UploadedFile theirs = upload(others, List.of(header, chunk(ByteString.copyFrom(text))));
        assertThat(theirs.getName()).startsWith("workspaces/other/uploads/");
        String id = theirs.getName().substring("workspaces/other/".length());
        // The same bytes are there, but not for us.
        assertRefused(Status.Code.NOT_FOUND, "SOURCE_MISSING", () -> create(id, 0));
        UploadedFile ours = upload("a.md", text);
        assertThat(ours.getName()).isEqualTo(HOME + id);
        assertThat(upload(others, List.of(header, chunk(ByteString.copyFrom(text))))
                        .getKind())
                .isEqualTo("theirs");

        CreateCorpusRequest request = request(id).setCorpusId("twins").build();
        Corpus our = watch(ingestion.createCorpus(request).getName());
        // One request id, two callers, two requests.
        Corpus their = other.createCorpus(request);
        assertThat(our.getKindsMap()).containsExactly(entry(ours.getName(), "markdown"));
        assertThat(their.getName()).isEqualTo("workspaces/other/corpora/twins");
        assertThat(their.getKindsMap()).containsExactly(entry(theirs.getName(), "theirs"));

        assertThat(other.listCorpora(ListCorporaRequest.getDefaultInstance()).getCorporaList())
                .extracting(Corpus::getName)
                .containsExactly(their.getName());
        for (String name : List.of(their.getName(), "workspaces/other/corpora/none")) {
            assertRefused(
                    Status.Code.PERMISSION_DENIED,
                    "PERMISSION_DENIED",
                    () -> ingestion.getCorpus(
                            GetCorpusRequest.newBuilder().setName(name).build()));
        }
        assertRefused(Status.Code.PERMISSION_DENIED, "PERMISSION_DENIED", () -> create(theirs.getName(), 0));
    }

    @Test
    void listsNewestFirstInPages() {
        objects.put(HOME + "inbox/listed.txt", "text".getBytes(StandardCharsets.UTF_8));
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            made.add(0, watch(create("inbox/listed.txt", 0).getName()).getName());
        }
        List<String> listed = new ArrayList<>();
        String token = "";
        while (listed.size() < 5) {
            ListCorporaResponse page = ingestion.listCorpora(ListCorporaRequest.newBuilder()
                    .setPageSize(2)
                    .setPageToken(token)
                    .build());
            page.getCorporaList().forEach(corpus -> listed.add(corpus.getName()));
            token = page.getNextPageToken();
        }
        assertThat(listed.subList(0, 5)).isEqualTo(made);
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "INVALID_PAGE_TOKEN",
                () -> ingestion.listCorpora(
                        ListCorporaRequest.newBuilder().setPageToken("?").build()));
    }

    @Test
    void findsADocumentByItsId() throws Exception {
        UploadedFile file = upload("stories.txt", stories(40).getBytes(StandardCharsets.UTF_8));
        Corpus corpus = watch(create(file.getName(), 0.25).getName());
        Manifest manifest = Manifest.fromJson(objects.bytes(corpus.getName() + "/manifest.json", Manifest.MAX_BYTES));
        Manifest.Entry shard = manifest.entries().get(manifest.entries().size() - 1);
        List<Document> documents = read(corpus.getName() + "/" + shard.key());
        Document last = documents.get(documents.size() - 1);

        FoundDocument found = ingestion.findDocument(FindDocumentRequest.newBuilder()
                .setName(corpus.getName() + "/documents/" + last.id())
                .build());

        assertThat(found.getShard()).isEqualTo(shard.key());
        assertThat(found.getSplit()).isEqualTo("validation");
        assertThat(found.getIndex()).isEqualTo(documents.size() - 1);
        assertThat(last.body().texts().get(0)).startsWith(found.getExcerpt());
        assertThatThrownBy(() -> ingestion.findDocument(FindDocumentRequest.newBuilder()
                        .setName(corpus.getName() + "/documents/" + "0".repeat(32))
                        .build()))
                .hasMessageContaining("NOT_FOUND");
    }

    private List<Path> workFiles() throws IOException {
        try (Stream<Path> files = Files.list(config.workDirectory())) {
            return files.toList();
        }
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
            assertThat(info.getDomain()).isEqualTo("maru.ingestion");
            return info.getReason();
        } catch (InvalidProtocolBufferException malformed) {
            throw new AssertionError(malformed);
        }
    }

    private static boolean is(Fact fact, String type, Corpus corpus) {
        return fact.type().equals(type) && fact.subject().equals(corpus.getName());
    }

    private List<Document> read(String shard) throws IOException {
        List<Document> documents = new ArrayList<>();
        try (DocumentShardReader reader = DocumentShardReader.open(objects.open(shard))) {
            reader.forEachRemaining(documents::add);
        }
        return documents;
    }

    private static String stories(int count) {
        return IntStream.range(0, count)
                        .mapToObj(i -> story(i) + "\n<|endoftext|>\n")
                        .collect(Collectors.joining())
                + story(0);
    }

    private static String story(int i) {
        return "Once upon a time there was a fox that had " + i + " friends.\nThey were happy.";
    }

    private Corpus create(String source, double validationFraction) {
        return ingestion.createCorpus(request(source)
                .setSpec(CorpusSpec.newBuilder().setValidationFraction(validationFraction))
                .build());
    }

    private static CreateCorpusRequest.Builder request(String... sources) {
        return CreateCorpusRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .addAllSources(List.of(sources))
                .setSpec(CorpusSpec.newBuilder().setValidationFraction(0))
                .setRun("runs/r1");
    }

    /** The corpus in its final state. */
    private Corpus watch(String name) {
        Iterator<Corpus> states = ingestion
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .watchCorpus(WatchCorpusRequest.newBuilder().setName(name).build());
        Corpus last = null;
        while (states.hasNext()) {
            last = states.next();
        }
        return last;
    }

    private UploadedFile upload(String fileName, byte[] content) throws Exception {
        return upload(Stream.concat(
                        Stream.of(header(fileName)),
                        IntStream.range(0, (content.length + 65535) / 65536)
                                .mapToObj(i -> chunk(ByteString.copyFrom(
                                        content, i * 65536, Math.min(65536, content.length - i * 65536)))))
                .toList());
    }

    private static UploadRequest header(String fileName) {
        return UploadRequest.newBuilder()
                .setHeader(UploadRequest.Header.newBuilder().setFileName(fileName))
                .build();
    }

    private static UploadRequest chunk(ByteString bytes) {
        return UploadRequest.newBuilder().setChunk(bytes).build();
    }

    private UploadedFile upload(List<UploadRequest> parts) throws Exception {
        return upload(channel, parts);
    }

    private static UploadedFile upload(Channel channel, List<UploadRequest> parts) throws Exception {
        CompletableFuture<UploadedFile> answer = new CompletableFuture<>();
        StreamObserver<UploadRequest> requests = IngestionServiceGrpc.newStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .upload(new Answer(answer));
        parts.forEach(requests::onNext);
        requests.onCompleted();
        return get(answer);
    }

    private static UploadedFile get(CompletableFuture<UploadedFile> answer) throws Exception {
        try {
            return answer.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private record Answer(CompletableFuture<UploadedFile> answer) implements StreamObserver<UploadedFile> {
        @Override
        public void onNext(UploadedFile file) {
            answer.complete(file);
        }

        @Override
        public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {}
    }
}
