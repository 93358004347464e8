package io.maru.evaluation.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.evaluation.SealedInputs;
import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.EvaluationReason;
import io.maru.evaluation.domain.NewEvaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.metrics.LanguageModelScore;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluatorTest {
    private static final int BLOCK = 5;
    private static final int BATCH_TOKENS = 12;

    @TempDir
    Path directory;

    private SealedInputs inputs;
    private final FakeModels models = new FakeModels();
    private FakeJournal journal;

    @BeforeEach
    void seal() throws IOException {
        inputs = new SealedInputs("d");
        journal = new FakeJournal(State.PENDING, 0, Tally.NONE);
    }

    @Test
    void sumsTheNegativeLogLikelihoodOfEveryTokenOfText() throws Exception {
        evaluate();

        assertThat(journal.state).isEqualTo(State.SUCCEEDED);
        assertThat(journal.tokens).isEqualTo(inputs.tokens());
        assertThat(journal.tally.score())
                .isEqualTo(new LanguageModelScore(inputs.nats(), inputs.tokens(), SealedInputs.bytes()));
    }

    @Test
    void scoresTheCompletionAndNotThePrompt() throws Exception {
        Path file = directory.resolve("shard");
        int[] prompt = inputs.tokenizer.encode("the end of ");
        int[] completion = inputs.tokenizer.encode("no");
        try (TokenShardWriter writer = TokenShardWriter.create(
                file, TokenShardHeader.of(inputs.tokenizer.vocabularySize(), Sha256.of(inputs.tokenizer.toJson())))) {
            writer.append(prompt, 0, prompt.length, 0);
            writer.append(completion, 0, completion.length);
            writer.append(new int[] {inputs.tokenizer.endOfText()}, 0, 1);
            writer.seal();
        }
        sealDataset(inputs.tokenizer.toJson(), Files.readAllBytes(file));
        Files.delete(file);

        evaluate();

        double nats = Arrays.stream(completion)
                .mapToDouble(id -> -SealedInputs.logProbability(id))
                .sum();
        assertThat(journal.tally.score()).isEqualTo(new LanguageModelScore(nats, 2, 2));
        assertThat(journal.tokens).isEqualTo(2);
    }

    @Test
    void keepsToTheSizeOfABatch() throws Exception {
        evaluate();

        assertThat(models.batches).hasSizeGreaterThan(2).allSatisfy(batch -> assertThat(
                        batch.stream().mapToInt(window -> window.length).sum())
                .isLessThanOrEqualTo(BATCH_TOKENS));
    }

    @Test
    void stopsAfterSoManyTokens() throws Exception {
        journal = new FakeJournal(State.PENDING, 7, Tally.NONE);

        evaluate();

        assertThat(journal.tokens).isEqualTo(7);
        assertThat(journal.tally.score().tokens()).isEqualTo(7);
        assertThat(journal.state).isEqualTo(State.SUCCEEDED);
    }

    @Test
    void endsWithTheSameBitsWhereverItWasCutOff() throws Exception {
        evaluate();
        Tally whole = journal.tally;
        int calls = models.batches.size();

        for (int cut = 0; cut < calls; cut++) {
            journal = new FakeJournal(State.PENDING, 0, Tally.NONE);
            models.batches.clear();
            models.failAtCall = cut;
            assertThatThrownBy(this::evaluate).hasMessage("down");

            models.failAtCall = -1;
            journal = new FakeJournal(State.RUNNING, 0, journal.tally);
            evaluate();

            assertThat(journal.tally).isEqualTo(whole);
            assertThat(models.batches).hasSize(calls);
        }
    }

    @Test
    void stopsBetweenTwoBatchesWhenItIsCancelled() throws Exception {
        journal.cancelAtWindow = 2;

        evaluate();

        assertThat(journal.state).isEqualTo(State.CANCELLED);
        assertThat(models.batches).hasSize(1);
    }

    @Test
    void whatWasCancelledBeforeItBeganIsNotBegun() throws Exception {
        journal = new FakeJournal(State.CANCELLING, 0, Tally.NONE);

        evaluate();

        assertThat(journal.state).isEqualTo(State.CANCELLED);
        assertThat(models.loads).isZero();
    }

    @Test
    void leavesNoCopies() throws Exception {
        evaluate();

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void refusesAShardOfAnotherTokenizer() throws IOException {
        byte[] shard = inputs.shard(List.of("x"), "0".repeat(64));
        sealDataset(inputs.tokenizer.toJson(), shard);

        refuses(
                EvaluationReason.DATASET_UNUSABLE,
                "workspaces/default/datasets/d/shards/validation-00000: tokens of tokenizer 0000");
    }

    @Test
    void refusesAShardThatIsNone() {
        sealDataset(inputs.tokenizer.toJson(), new byte[100]);

        refuses(CommonReason.OBJECT_CORRUPT, "workspaces/default/datasets/d/shards/validation-00000: header, magic: ");
    }

    @Test
    void refusesASplitWithoutText() throws IOException {
        byte[] shard = inputs.shard(List.of(""), Sha256.of(inputs.tokenizer.toJson()));
        sealDataset(inputs.tokenizer.toJson(), shard);

        refuses(EvaluationReason.DATASET_UNUSABLE, "workspaces/default/datasets/d: 0 tokens of text");
    }

    @Test
    void refusesAModelWithFewerTokensThanTheDataset() {
        models.vocabularySize = 261;

        refuses(
                EvaluationReason.MODEL_VERSION_UNUSABLE,
                "workspaces/default/models/d/versions/1: vocabulary of 261 (expected: at least 262, the tokenizer's)");
    }

    private void sealDataset(byte[] tokenizer, byte[] shard) {
        inputs.seal(
                inputs.dataset,
                "dataset",
                List.of(
                        inputs.put(inputs.dataset, "tokenizer.json", tokenizer, Map.of()),
                        inputs.put(inputs.dataset, "shards/validation-00000", shard, Map.of("split", "validation"))));
    }

    private void evaluate() throws IOException, InterruptedException {
        new Evaluator(new InMemoryFolders(inputs.objects), models, directory, BATCH_TOKENS).evaluate(journal);
    }

    private void refuses(Object reason, String message) {
        assertThatThrownBy(this::evaluate)
                .hasMessageStartingWith(message)
                .extracting(e -> ((Refusal) e).reason())
                .isEqualTo(reason);
        assertThat(directory).isEmptyDirectory();
    }

    /** Gives each token the same log-probability everywhere. */
    private static final class FakeModels implements LanguageModels {
        final List<List<int[]>> batches = new ArrayList<>();
        int vocabularySize = 262;
        int loads;
        int failAtCall = -1;

        @Override
        public Shape load(String modelVersion) {
            loads++;
            return new Shape(vocabularySize, BLOCK);
        }

        @Override
        public List<float[]> score(String modelVersion, List<int[]> sequences) {
            if (batches.size() == failAtCall) {
                throw EvaluationReason.INFERENCE_UNAVAILABLE.because("down");
            }
            batches.add(sequences);
            return sequences.stream()
                    .map(sequence -> {
                        float[] scores = new float[sequence.length - 1];
                        for (int i = 0; i < scores.length; i++) {
                            scores[i] = SealedInputs.logProbability(sequence[i + 1]);
                        }
                        return scores;
                    })
                    .toList();
        }
    }

    private final class FakeJournal implements Journal {
        State state;
        final long maxTokens;
        long tokens;
        Tally tally;
        long cancelAtWindow = Long.MAX_VALUE;

        FakeJournal(State state, long maxTokens, Tally tally) {
            this.state = state;
            this.maxTokens = maxTokens;
            this.tally = tally;
        }

        @Override
        public Evaluation read() {
            NewEvaluation wanted = new NewEvaluation(
                    "r", "workspaces/default/evaluations/e", inputs.modelVersion, inputs.dataset, maxTokens, "", 0);
            return new Evaluation(
                    wanted.name(),
                    wanted.run(),
                    wanted.modelVersion(),
                    wanted.dataset(),
                    wanted.maxTokens(),
                    wanted.priority(),
                    state,
                    tokens,
                    tally,
                    "",
                    "",
                    Instant.EPOCH,
                    Instant.EPOCH,
                    1,
                    1);
        }

        @Override
        public State start(long wanted) {
            tokens = wanted;
            state = State.RUNNING;
            return state;
        }

        @Override
        public State record(Tally now) {
            tally = now;
            if (tally.windows() >= cancelAtWindow) {
                state = State.CANCELLING;
            }
            return state;
        }

        @Override
        public void succeed() {
            state = State.SUCCEEDED;
        }

        @Override
        public void cancel() {
            state = State.CANCELLED;
        }

        @Override
        public void fail(String reason, String message) {
            state = State.FAILED;
        }
    }

    /** Folders whose objects are in a map. */
    static final class InMemoryFolders implements SealedFolders {
        private final Map<String, byte[]> objects;

        InMemoryFolders(Map<String, byte[]> objects) {
            this.objects = objects;
        }

        @Override
        public Manifest manifest(String folder) {
            return Manifest.fromJson(read(folder + "/manifest.json"));
        }

        @Override
        public void fetch(String folder, Manifest.Entry entry, Path into) {
            try {
                Files.write(into, read(folder + "/" + entry.key()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private byte[] read(String key) {
            byte[] content = objects.get(key);
            if (content == null) {
                throw CommonReason.OBJECT_MISSING.because("%s: no such object (expected: one in the store)", key);
            }
            return content;
        }
    }
}
