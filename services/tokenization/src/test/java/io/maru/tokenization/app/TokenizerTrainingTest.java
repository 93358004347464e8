package io.maru.tokenization.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.CorpusOfStories;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTrainingTest {
    private static final int SHARDS = 4;

    private final InMemoryFiles files = new InMemoryFiles();

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeftInTheWorkDirectory() throws IOException {
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void learnsFromTheTrainingDocumentsAlone() throws Exception {
        TrainedTokenizer trained = train(sealed(), () -> {});

        BpeTrainer expected = new BpeTrainer(300, TieRule.SMALLEST_IDS);
        for (int shard = 0; shard < SHARDS - 1; shard++) {
            CorpusOfStories.stories(shard).forEach(expected::add);
        }
        byte[] json = files.objects.get("tokenizers/t/tokenizer.json");
        assertThat(json).isEqualTo(expected.train().toJson());
        assertThat(trained).isEqualTo(new TrainedTokenizer(300, Sha256.of(json)));
        assertThat(files.reads).doesNotContain("corpora/c/shards/validation-00000");
        assertThat(BpeTokenizer.fromJson(json).vocabularySize()).isEqualTo(300);
        assertThat(files.objects).containsKey("tokenizers/t/tokenizer_config.json");
    }

    @Test
    void canStopAtEachDocument() {
        String sha256 = sealed();
        AtomicInteger documents = new AtomicInteger();
        assertThatThrownBy(() -> train(sha256, () -> {
                    if (documents.incrementAndGet() == 7) {
                        throw new InterruptedException();
                    }
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(files.puts).isEmpty();
    }

    @Test
    void refusesACorpusThatChangedSince() {
        sealed();
        assertThatThrownBy(() -> train("0".repeat(64), () -> {}))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.CORPUS_CORRUPT));
    }

    @Test
    void refusesAShardThatIsNotWhatWasSealed() {
        String sha256 = sealed();
        files.objects.get("corpora/c/shards/train-00002")[30] ^= 1;
        assertThatThrownBy(() -> train(sha256, () -> {}))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith("corpora/c/shards/train-00002");
        assertThat(files.puts).isEmpty();
    }

    /** Returns the manifest's digest. */
    private String sealed() {
        files.objects.putAll(CorpusOfStories.objects("corpora/c", SHARDS));
        return Sha256.of(files.objects.get("corpora/c/manifest.json"));
    }

    private TrainedTokenizer train(String corpusSha256, SafePoint safePoint) throws IOException, InterruptedException {
        Tokenizer tokenizer = new Tokenizer(
                "tokenizers/t",
                TokenizerState.TRAINING,
                "corpora/c",
                corpusSha256,
                300,
                0,
                "",
                "",
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
        return new TokenizerTraining(files, new Corpora(files), folder).train(tokenizer, safePoint);
    }
}
