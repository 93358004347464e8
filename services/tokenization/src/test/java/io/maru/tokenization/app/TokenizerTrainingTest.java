package io.maru.tokenization.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Document;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.CorpusOfStories;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenization.domain.TrainingProgress;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.QualityReport;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTrainingTest {
    private static final int SHARDS = 4;

    private final InMemoryFiles files = new InMemoryFiles();
    private TieRule tieRule = TieRule.SMALLEST_IDS;

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
        TrainedTokenizer trained = train(sealed(), progress -> {});

        BpeTrainer expected = new BpeTrainer(300, TieRule.SMALLEST_IDS);
        for (int shard = 0; shard < SHARDS - 1; shard++) {
            CorpusOfStories.stories(shard).forEach(expected::add);
        }
        byte[] json = files.objects.get("tokenizers/t/tokenizer.json");
        assertThat(json).isEqualTo(expected.train().toJson());
        assertThat(trained.tokens()).isEqualTo(300);
        assertThat(trained.sha256()).isEqualTo(Sha256.of(json));
        assertThat(BpeTokenizer.fromJson(json).vocabularySize()).isEqualTo(300);
        assertThat(files.objects).containsKey("tokenizers/t/tokenizer_config.json");
    }

    @Test
    void breaksTiesAsItIsAskedTo() throws Exception {
        tieRule = TieRule.LEXICOGRAPHIC;
        train(sealed(), progress -> {});

        BpeTrainer expected = new BpeTrainer(300, TieRule.LEXICOGRAPHIC);
        BpeTrainer other = new BpeTrainer(300, TieRule.SMALLEST_IDS);
        for (int shard = 0; shard < SHARDS - 1; shard++) {
            CorpusOfStories.stories(shard).forEach(expected::add);
            CorpusOfStories.stories(shard).forEach(other::add);
        }
        assertThat(files.objects.get("tokenizers/t/tokenizer.json"))
                .isEqualTo(expected.train().toJson())
                .isNotEqualTo(other.train().toJson());
    }

    @Test
    void itsReportMeasuresTheValidationDocuments() throws Exception {
        TrainedTokenizer trained = train(sealed(), progress -> {});

        byte[] report = files.objects.get("tokenizers/t/report.json");
        assertThat(trained.reportSha256()).isEqualTo(Sha256.of(report));
        assertThat(QualityReport.fromJson(report))
                .isEqualTo(measured(trained.sha256(), DocumentShard.VALIDATION, SHARDS - 1));
    }

    @Test
    void withoutValidationDocumentsTheReportMeasuresTheTrainingDocuments() throws Exception {
        sealed();
        Manifest whole = Manifest.fromJson(files.objects.get("corpora/c/manifest.json"));
        Manifest training = new Manifest("corpus", Map.of(), whole.entries().subList(0, 2));
        files.objects.put("corpora/c/manifest.json", training.toJson());

        TrainedTokenizer trained = train(training.digest(), progress -> {});

        assertThat(QualityReport.fromJson(files.objects.get("tokenizers/t/report.json")))
                .isEqualTo(measured(trained.sha256(), DocumentShard.TRAIN, 0, 1));
    }

    private QualityReport measured(String sha256, String split, int... shards) {
        QualityReport.Tally tally =
                new QualityReport.Tally(BpeTokenizer.fromJson(files.objects.get("tokenizers/t/tokenizer.json")));
        for (int shard : shards) {
            CorpusOfStories.stories(shard).forEach(tally::add);
        }
        return tally.report(sha256, split);
    }

    @Test
    void tellsHowFarItHasRead() throws Exception {
        List<TrainingProgress> told = new ArrayList<>();

        TrainedTokenizer trained = train(sealed(), told::add);

        long bytes = 0;
        for (int shard = 0; shard < SHARDS; shard++) {
            bytes += CorpusOfStories.stories(shard).stream()
                    .mapToLong(story -> story.getBytes(UTF_8).length)
                    .sum();
        }
        assertThat(told).extracting(TrainingProgress::sourceBytes).containsOnly(bytes);
        assertThat(told).extracting(TrainingProgress::readBytes).isSorted();
        assertThat(told.get(0).readBytes()).isBetween(1L, bytes / SHARDS);
        assertThat(told.get(told.size() - 1).readBytes()).isEqualTo(bytes);
        assertThat(trained.sourceBytes()).isEqualTo(bytes);
    }

    @Test
    void canStopAtEachDocument() throws Exception {
        String sha256 = sealed();
        AtomicInteger all = new AtomicInteger();
        train(sha256, progress -> all.incrementAndGet());
        files.puts.clear();
        // The last of these are documents that the report measures, after all merges.
        for (int stop : new int[] {1, 7, all.get()}) {
            AtomicInteger seen = new AtomicInteger();
            assertThatThrownBy(() -> train(sha256, progress -> {
                        if (seen.incrementAndGet() == stop) {
                            throw new InterruptedException();
                        }
                    }))
                    .isInstanceOf(InterruptedException.class);
            assertThat(files.puts).isEmpty();
        }
    }

    @Test
    void tellsHowFarItHasLearntAndCanStopThere() throws Exception {
        String sha256 = sealed();
        List<TrainingProgress> told = new ArrayList<>();
        train(sha256, told::add);

        assertThat(told.get(0).learnedTokens()).isZero();
        assertThat(told).extracting(TrainingProgress::learnedTokens).isSorted();
        long trainBytes = told.stream()
                .filter(progress -> progress.learnedTokens() == 0)
                .mapToLong(TrainingProgress::readBytes)
                .max()
                .orElseThrow();
        assertThat(told)
                .filteredOn(progress -> progress.readBytes() == trainBytes)
                .extracting(TrainingProgress::learnedTokens)
                .containsAll(IntStream.rangeClosed(257, 300).boxed().toList());

        files.puts.clear();
        told.clear();
        assertThatThrownBy(() -> train(sha256, progress -> {
                    told.add(progress);
                    if (progress.learnedTokens() == 280) {
                        throw TokenizationReason.TOKENIZER_CANCELLED.because("enough");
                    }
                }))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.TOKENIZER_CANCELLED));
        assertThat(told).filteredOn(progress -> progress.learnedTokens() == 280).hasSize(1);
        assertThat(files.puts).isEmpty();
    }

    @Test
    void itsReportTellsTheKindsOfDocumentsApart() throws Exception {
        files.objects.putAll(
                CorpusOfStories.objectsOfKinds("corpora/c", List.of("prose", "", "chat", "prose", "chat")));
        train(Sha256.of(files.objects.get("corpora/c/manifest.json")), progress -> {});

        QualityReport report = QualityReport.fromJson(files.objects.get("tokenizers/t/report.json"));

        assertThat(report.kinds()).containsOnlyKeys("chat", "prose");
        assertThat(report.kinds().get("chat").documents()).isEqualTo(2);
        assertThat(report.kinds().get("prose").documents()).isEqualTo(2);
        assertThat(report.kinds().get("chat").bytes())
                .isEqualTo(Stream.of(2, 4)
                        .mapToLong(
                                story -> CorpusOfStories.stories(1).get(story).getBytes(UTF_8).length)
                        .sum());
        assertThat(report.overall().documents()).isEqualTo(5);
    }

    @Test
    void refusesACorpusOfMoreWordsThanThereIsMemoryFor() {
        Document numbers = Document.of(new Random(1)
                .longs(40_000, 0, Long.MAX_VALUE)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(" ")));
        files.objects.putAll(CorpusOfStories.objects("corpora/c", 2, shard -> List.of(numbers)));
        String sha256 = Sha256.of(files.objects.get("corpora/c/manifest.json"));
        assertThatThrownBy(() -> train(sha256, progress -> {}, 1 << 20))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.CORPUS_TOO_DIVERSE))
                .hasMessageEndingWith("(expected: at most " + (1 << 20) + ")");
        assertThat(files.puts).isEmpty();
    }

    @Test
    void refusesACorpusThatChangedSince() {
        sealed();
        assertThatThrownBy(() -> train("0".repeat(64), progress -> {}))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.CORPUS_CORRUPT));
    }

    @Test
    void refusesAShardThatIsNotWhatWasSealed() {
        String sha256 = sealed();
        files.objects.get("corpora/c/shards/train-00002")[30] ^= 1;
        assertThatThrownBy(() -> train(sha256, progress -> {}))
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
        return train(corpusSha256, safePoint, 1 << 24);
    }

    private TrainedTokenizer train(String corpusSha256, SafePoint safePoint, long learningBytes)
            throws IOException, InterruptedException {
        Tokenizer tokenizer = new Tokenizer(
                "tokenizers/t",
                TokenizerState.TRAINING,
                "corpora/c",
                corpusSha256,
                300,
                tieRule,
                0,
                "",
                "",
                new TrainingProgress(0, 0, 0),
                "",
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
        return new TokenizerTraining(files, new Corpora(files), 1 << 20, learningBytes, folder)
                .train(tokenizer, safePoint);
    }
}
