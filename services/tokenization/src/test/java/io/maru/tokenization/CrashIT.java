package io.maru.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.maru.platform.event.Fact;
import io.maru.platform.testkit.Facts;
import io.maru.platform.testkit.PackagedService;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The packaged service is killed again and again, and ends with the same bytes as one that was left alone. */
class CrashIT {
    private static final int SHARDS = 60;
    private static final int STORIES_PER_SHARD = 2_000;
    private static final int KILLS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private PackagedService service;
    private TokenizationServiceBlockingStub tokenization;

    @Test
    void aServiceThatIsKilledEndsWithTheSameTokenizerAndDataset() throws Exception {
        CorpusOfStories.objects("workspaces/default/corpora/crash", SHARDS, STORIES_PER_SHARD)
                .forEach(Store.objects()::put);
        start();
        try {
            Tokenizer calmTokenizer = until(train("calm"), this::get, this::isDone);
            Dataset calm = until(encode("calm", calmTokenizer), this::get, this::isDone);
            assertThat(calm.getState()).isEqualTo(Dataset.State.SEALED);

            Random random = new Random(11);
            Tokenizer asked = train("killed");
            for (int kills = 0; kills < KILLS; kills++) {
                // Each attempt begins with a new revision.
                long before = get(asked).getRevision();
                until(asked, this::get, now -> now.getRevision() > before || isDone(now));
                killAfter(random.nextInt(600));
            }
            Tokenizer tokenizer = until(asked, this::get, this::isDone);
            assertThat(tokenizer.getSha256()).isEqualTo(calmTokenizer.getSha256());

            Dataset dataset = encode("killed", tokenizer);
            for (int kills = 0; kills < KILLS; kills++) {
                int before = get(dataset).getSealedShards();
                // Not before it has got somewhere, lest all kills hit the start.
                dataset = until(dataset, this::get, now -> now.getSealedShards() > before || isDone(now));
                killAfter(random.nextInt(600));
            }
            Dataset sealed = until(dataset, this::get, this::isDone);

            assertThat(sealed.getState()).isEqualTo(Dataset.State.SEALED);
            assertThat(sealed.getManifestSha256()).isEqualTo(calm.getManifestSha256());
            assertThat(Store.objects().read(sealed.getName() + "/manifest.json").sha256())
                    .isEqualTo(calm.getManifestSha256());
            assertToldOnce(sealed);
        } finally {
            service.close();
        }
    }

    /** Kafka may hold a record twice, but under one id. */
    private static void assertToldOnce(Dataset dataset) {
        try (Facts facts = Facts.on("maru.tokenization.v1")) {
            Predicate<Fact> isEnd = fact ->
                    fact.subject().equals(dataset.getName()) && fact.type().equals("maru.dataset.sealed.v1");
            facts.await(isEnd);
            List<Fact> all = facts.all();
            assertThat(all.stream().filter(isEnd).map(Fact::id).distinct()).hasSize(1);
            assertThat(all.stream()
                            .filter(fact -> fact.subject().equals(dataset.getName())
                                    && fact.type().equals("maru.token-shard.sealed.v1"))
                            .map(Fact::id)
                            .distinct())
                    .hasSize(SHARDS);
        }
    }

    private void start() throws Exception {
        service = PackagedService.start("tokenization", "-Xmx192m");
        tokenization =
                TokenizationServiceGrpc.newBlockingStub(service.channel()).withWaitForReady();
    }

    /** Kills the service that many milliseconds from now, and starts it again. */
    private void killAfter(int millis) throws Exception {
        long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() >= end);
        service.kill();
        start();
    }

    private Tokenizer train(String id) {
        return tokenization.trainTokenizer(TrainTokenizerRequest.newBuilder()
                .setRequestId("train " + id)
                .setTokenizerId(id)
                .setCorpus("corpora/crash")
                .setSpec(TokenizerSpec.newBuilder().setVocabularySize(1_000))
                .build());
    }

    private Dataset encode(String id, Tokenizer tokenizer) {
        return tokenization.createDataset(CreateDatasetRequest.newBuilder()
                .setRequestId("encode " + id)
                .setDatasetId(id)
                .setCorpus("corpora/crash")
                .setTokenizer(tokenizer.getName())
                .build());
    }

    private Tokenizer get(Tokenizer tokenizer) {
        return tokenization.getTokenizer(
                GetTokenizerRequest.newBuilder().setName(tokenizer.getName()).build());
    }

    private Dataset get(Dataset dataset) {
        return tokenization.getDataset(
                GetDatasetRequest.newBuilder().setName(dataset.getName()).build());
    }

    private boolean isDone(Tokenizer tokenizer) {
        return tokenizer.getState() == Tokenizer.State.READY || tokenizer.getState() == Tokenizer.State.FAILED;
    }

    private boolean isDone(Dataset dataset) {
        return dataset.getState() != Dataset.State.ENCODING;
    }

    private static <T> T until(T resource, Function<T, T> get, Predicate<T> wanted) {
        return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> get.apply(resource), wanted);
    }
}
