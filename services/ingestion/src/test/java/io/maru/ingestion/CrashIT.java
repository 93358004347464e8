package io.maru.ingestion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceBlockingStub;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.platform.event.Fact;
import io.maru.platform.testkit.Facts;
import io.maru.platform.testkit.PackagedService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The packaged service, with little memory, is killed again and again while it builds a corpus. */
class CrashIT {
    private static final int KILLS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private PackagedService service;
    private IngestionServiceBlockingStub ingestion;

    @Test
    void aServiceThatIsKilledEndsWithTheSameCorpus() throws Exception {
        start();
        try {
            String source = uploadLarge().getName();
            Corpus calm = awaitEnd(create("calm", source));
            assertThat(calm.getFailureMessage()).isEmpty();

            Random random = new Random(11);
            Corpus asked = create("killed", source);
            for (int i = 0; i < KILLS; i++) {
                killAfter(random.nextInt(2_000));
            }
            Corpus sealed = awaitEnd(asked);

            assertThat(sealed.getState()).isEqualTo(Corpus.State.SEALED);
            assertThat(sealed.getManifestSha256()).isEqualTo(calm.getManifestSha256());
            assertThat(Store.objects().read(sealed.getName() + "/manifest.json").sha256())
                    .isEqualTo(calm.getManifestSha256());
            assertToldOnce(sealed);
        } finally {
            service.close();
        }
    }

    /** More than the service's heap, so that it cannot have been held in memory. */
    private UploadedFile uploadLarge() throws Exception {
        CompletableFuture<UploadedFile> answer = new CompletableFuture<>();
        ClientCallStreamObserver<UploadRequest> requests =
                (ClientCallStreamObserver<UploadRequest>) IngestionServiceGrpc.newStub(service.channel())
                        .withWaitForReady()
                        .upload(new StreamObserver<>() {
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
                        });
        requests.onNext(UploadRequest.newBuilder()
                .setHeader(UploadRequest.Header.newBuilder().setFileName("large.txt"))
                .build());
        StringBuilder piece = new StringBuilder();
        long sent = 0;
        for (int i = 0; sent < 160L << 20 && !answer.isDone(); i++) {
            // Every paragraph comes twice, so the corpus has half as many documents.
            piece.append("paragraph ")
                    .append(i / 2 * 7919L)
                    .append(' ')
                    .append("of a long story ".repeat(200))
                    .append("\n\n");
            if (piece.length() > 1_000_000) {
                await().pollInterval(Duration.ofMillis(1)).until(() -> requests.isReady() || answer.isDone());
                ByteString chunk = ByteString.copyFrom(piece.toString(), StandardCharsets.UTF_8);
                requests.onNext(UploadRequest.newBuilder().setChunk(chunk).build());
                sent += chunk.size();
                piece.setLength(0);
            }
        }
        requests.onCompleted();
        return answer.get(60, TimeUnit.SECONDS);
    }

    /** Kafka may hold a record twice, but under one id. */
    private static void assertToldOnce(Corpus corpus) {
        try (Facts facts = Facts.on("maru.ingestion.v1")) {
            Predicate<Fact> isEnd = fact ->
                    fact.subject().equals(corpus.getName()) && fact.type().equals("maru.corpus.sealed.v1");
            facts.await(isEnd);
            List<Fact> all = facts.all();
            assertThat(all.stream().filter(isEnd).map(Fact::id).distinct()).hasSize(1);
            assertThat(all.stream()
                            .filter(fact -> fact.subject().equals(corpus.getName())
                                    && fact.type().equals("maru.shard.sealed.v1"))
                            .map(Fact::id)
                            .distinct())
                    .hasSize(corpus.getShards());
        }
    }

    private void start() throws Exception {
        service = PackagedService.start("ingestion", "-Xmx128m");
        ingestion = IngestionServiceGrpc.newBlockingStub(service.channel()).withWaitForReady();
    }

    /** Kills the service that many milliseconds after it has taken the corpus up, and starts it again. */
    private void killAfter(int millis) throws Exception {
        long revision = get("corpora/killed").getRevision();
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> get("corpora/killed").getRevision() > revision);
        long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() >= end);
        service.kill();
        start();
    }

    private Corpus create(String id, String source) {
        return ingestion.createCorpus(CreateCorpusRequest.newBuilder()
                .setRequestId("create " + id)
                .setCorpusId(id)
                .addSources(source)
                .setSpec(CorpusSpec.newBuilder().setValidationFraction(0.1))
                .build());
    }

    private Corpus get(String name) {
        return ingestion.getCorpus(GetCorpusRequest.newBuilder().setName(name).build());
    }

    private Corpus awaitEnd(Corpus corpus) {
        return await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> get(corpus.getName()),
                        now -> now.getState() == Corpus.State.SEALED || now.getState() == Corpus.State.FAILED);
    }
}
