package io.maru.tokenization.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Document;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardReader;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.tokenization.CorpusOfStories;
import io.maru.tokenization.app.Corpora;
import io.maru.tokenization.app.DatasetSealing;
import io.maru.tokenization.app.InMemoryFiles;
import io.maru.tokenization.app.LoadedTokenizers;
import io.maru.tokenization.app.ShardEncoder;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.DatasetState;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenization.domain.TrainingProgress;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardWorkTest {
    private static final String TOKENIZER = "tokenizers/t";
    private static final int SHARDS = 4;

    private final InMemoryFiles files = new InMemoryFiles();
    private final InMemoryDatasets datasets = new InMemoryDatasets();
    private BpeTokenizer bpe;
    private final List<Duration> counted = new ArrayList<>();
    private ShardWork work;

    @TempDir
    Path folder;

    @BeforeEach
    void aDatasetOfFourShards() throws IOException {
        files.objects.putAll(CorpusOfStories.objects("corpora/c", SHARDS));
        BpeTrainer trainer = new BpeTrainer(280, TieRule.SMALLEST_IDS);
        CorpusOfStories.stories(0).forEach(trainer::add);
        bpe = trainer.train();
        files.objects.put(Tokenizer.jsonKey(TOKENIZER), bpe.toJson());
        LoadedTokenizers loaded = new LoadedTokenizers(files, 1);
        work = new ShardWork(
                datasets::held,
                new ShardEncoder(files, loaded, Files.createDirectory(folder.resolve("work"))),
                new DatasetSealing(files, loaded),
                (shard, took) -> counted.add(took));
        create("datasets/d");
    }

    private void create(String name) {
        Tokenizer tokenizer = new Tokenizer(
                TOKENIZER,
                TokenizerState.READY,
                "corpora/c",
                "",
                280,
                TieRule.SMALLEST_IDS,
                bpe.vocabularySize(),
                Sha256.of(bpe.toJson()),
                "",
                new TrainingProgress(0, 0, 0),
                "",
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
        datasets.sealed.clear();
        datasets.tasks.clear();
        datasets.create(
                name,
                new DatasetRequest("r", "default", "", "corpora/c", TOKENIZER, "", 0),
                new Corpora(files).read("corpora/c"),
                tokenizer);
    }

    private static Claim claim(String shard) {
        return new Claim(shard, "shard", "me", 1, "");
    }

    private void encode(String shard) {
        try {
            work.perform(claim(shard));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void nothingIsLeftInTheWorkDirectory() throws IOException {
        try (var left = Files.list(folder.resolve("work"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void eachDocumentsTokensAreFollowedByTheEndOfText() throws IOException {
        encode("datasets/d/shards/train-00001");

        List<Integer> expected = new ArrayList<>();
        for (String story : CorpusOfStories.stories(1)) {
            Arrays.stream(bpe.encode(story)).forEach(expected::add);
            expected.add(bpe.endOfText());
        }
        assertThat(tokens("datasets/d/shards/train-00001")).isEqualTo(expected);
    }

    private List<Integer> tokens(String shard) throws IOException {
        Path file = Files.write(folder.resolve("shard"), files.objects.get(shard));
        List<Integer> tokens = new ArrayList<>();
        try (TokenShardReader reader = TokenShardReader.open(file)) {
            assertThat(reader.header().tokenizerSha256()).isEqualTo(datasets.dataset.tokenizerSha256());
            for (long at = 0; at < reader.tokenCount(); at++) {
                tokens.add(reader.token(at));
            }
        }
        return tokens;
    }

    @Test
    void theLastShardSealsTheDatasetWithTheManifestWrittenLast() {
        List<String> shards = new ArrayList<>(datasets.tasks.keySet());
        shards.subList(0, SHARDS - 1).forEach(this::encode);
        assertThat(datasets.dataset.state()).isEqualTo(DatasetState.ENCODING);
        assertThat(files.objects).doesNotContainKey("datasets/d/manifest.json");

        encode(shards.get(SHARDS - 1));

        assertThat(datasets.dataset.state()).isEqualTo(DatasetState.SEALED);
        assertThat(files.puts.get(files.puts.size() - 1)).isEqualTo("datasets/d/manifest.json");
        Manifest manifest = Manifest.fromJson(files.objects.get("datasets/d/manifest.json"));
        assertThat(manifest.digest()).isEqualTo(datasets.dataset.manifestSha256());
        for (Manifest.Entry entry : manifest.entries()) {
            assertThat(Sha256.of(files.objects.get("datasets/d/" + entry.key())))
                    .isEqualTo(entry.sha256());
        }
    }

    @Test
    void whateverTheOrderAndHoweverOftenTheDigestIsTheSame() {
        datasets.tasks.keySet().forEach(this::encode);
        String expected = datasets.dataset.manifestSha256();
        Random random = new Random(5);
        for (int round = 0; round < 20; round++) {
            create("datasets/again-" + round);
            List<String> events = new ArrayList<>(datasets.tasks.keySet());
            events.addAll(datasets.tasks.keySet());
            events.addAll(datasets.tasks.keySet());
            Collections.shuffle(events, random);
            events.forEach(this::encode);

            assertThat(datasets.dataset.manifestSha256()).isEqualTo(expected);
            assertThat(files.puts.stream().filter(key -> key.startsWith(datasets.dataset.name())))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void aStoreThatIsDownIsWorthAnotherTryAtAnyPoint() {
        List<String> shards = new ArrayList<>(datasets.tasks.keySet());
        for (String shard : shards) {
            files.down = true;
            assertThatThrownBy(() -> encode(shard)).isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason())
                    .isEqualTo(CommonReason.OBJECT_STORE_UNAVAILABLE));
            assertThat(datasets.dataset.state()).isEqualTo(DatasetState.ENCODING);
            files.down = false;
            encode(shard);
        }
        assertThat(datasets.dataset.state()).isEqualTo(DatasetState.SEALED);
    }

    @Test
    void aShardThatIsNotWhatWasSealedFailsTheDataset() {
        String shard = "corpora/c/shards/train-00001";
        files.objects.get(shard)[20] ^= 1;

        assertThatThrownBy(() -> encode("datasets/d/shards/train-00001"))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(CommonReason.OBJECT_CORRUPT));

        work.fail(claim("datasets/d/shards/train-00001"), "OBJECT_CORRUPT", "why");
        assertThat(datasets.dataset.state()).isEqualTo(DatasetState.FAILED);
        assertThat(datasets.dataset.failureReason()).isEqualTo("OBJECT_CORRUPT");
        encode("datasets/d/shards/train-00000");
        assertThat(counted).isEmpty();
    }

    @Test
    void anotherTokenizerThanThePromisedOneIsRefused() {
        BpeTrainer trainer = new BpeTrainer(281, TieRule.SMALLEST_IDS);
        CorpusOfStories.stories(0).forEach(trainer::add);
        files.objects.put(Tokenizer.jsonKey(TOKENIZER), trainer.train().toJson());

        assertThatThrownBy(() -> encode("datasets/d/shards/train-00001"))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.TOKENIZER_CORRUPT));
    }

    @Test
    void whatNobodyExpectedLeavesTheShardToTheNextAttempt() throws IOException {
        Files.delete(folder.resolve("work"));
        assertThatThrownBy(() -> encode("datasets/d/shards/train-00001")).hasRootCauseInstanceOf(IOException.class);
        assertThat(datasets.dataset.state()).isEqualTo(DatasetState.ENCODING);
        assertThat(datasets.ended).isEmpty();

        Files.createDirectory(folder.resolve("work"));
        encode("datasets/d/shards/train-00001");
        assertThat(datasets.sealed).containsKey("datasets/d/shards/train-00001");
        assertThat(counted).hasSize(1);
    }

    @Test
    void anInterruptEndsTheWorkSoon() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> work.perform(claim("datasets/d/shards/train-00001")))
                .isInstanceOf(InterruptedException.class);
        assertThat(datasets.ended).isEmpty();
        assertThat(files.puts).isEmpty();
    }

    @Test
    void ofAPairOnlyTheCompletionAndTheEndOfTextAreLearntFrom() throws IOException {
        Document.Pair pair = new Document.Pair("How many friends?", " Two friends.");
        encodeOnly(List.of(Document.of("", pair), Document.of("a text")));

        int[] prompt = bpe.encode(pair.prompt());
        int[] completion = bpe.encode(pair.completion());
        int[] text = bpe.encode("a text");
        List<Integer> expected = new ArrayList<>();
        Arrays.stream(prompt).forEach(expected::add);
        Arrays.stream(completion).forEach(expected::add);
        expected.add(bpe.endOfText());
        int start = expected.size();
        Arrays.stream(text).forEach(expected::add);
        expected.add(bpe.endOfText());
        assertThat(tokens("datasets/p/shards/train-00000")).isEqualTo(expected);
        try (TokenShardReader reader = TokenShardReader.open(folder.resolve("shard"))) {
            float[] weights = new float[expected.size()];
            reader.readWeights(0, weights, 0, weights.length);
            float[] wanted = new float[weights.length];
            Arrays.fill(wanted, prompt.length, wanted.length, 1);
            assertThat(weights).isEqualTo(wanted);
            assertThat(reader.header().textCount()).isEqualTo(2);
            assertThat(reader.textStart(1)).isEqualTo(start);
        }
    }

    @Test
    void messagesAreRefused() {
        Document messages = Document.of("", new Document.Conversation(List.of(new Document.Message("user", "Hi"))));
        assertThatThrownBy(() -> encodeOnly(List.of(messages)))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.CORPUS_WITH_MESSAGES));
    }

    /** Encodes a dataset of one training shard. */
    private void encodeOnly(List<Document> documents) {
        files.objects.putAll(CorpusOfStories.objects("corpora/c", 2, shard -> documents));
        create("datasets/p");
        encode("datasets/p/shards/train-00000");
    }

    @Test
    void aCancelledDatasetIsLeftAlone() {
        datasets.cancel();
        encode("datasets/d/shards/train-00001");
        assertThat(files.puts).isEmpty();
        assertThat(datasets.ended).containsExactly("datasets/d/shards/train-00001");
    }

    @Test
    void eachDocumentIsATextOfTheShardWithItsEndOfText() throws IOException {
        encode("datasets/d/shards/train-00001");

        Path file = Files.write(folder.resolve("shard"), files.objects.get("datasets/d/shards/train-00001"));
        try (TokenShardReader reader = TokenShardReader.open(file)) {
            List<String> stories = CorpusOfStories.stories(1);
            assertThat(reader.header().textCount()).isEqualTo(stories.size());
            assertThat(reader.header().weighted()).isFalse();
            for (int i = 1; i < stories.size(); i++) {
                assertThat(reader.token(reader.textStart(i) - 1)).isEqualTo(bpe.endOfText());
                assertThat(reader.textStart(i) - reader.textStart(i - 1))
                        .isEqualTo(bpe.encode(stories.get(i - 1)).length + 1);
            }
        }
    }
}
