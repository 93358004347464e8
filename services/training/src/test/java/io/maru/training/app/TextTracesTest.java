package io.maru.training.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.model.data.Mixture;
import io.maru.platform.error.Refusal;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.DatasetShare;
import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.JobDetails;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.Specs;
import io.maru.training.domain.TrainingCursor;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingPlan;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is worked out backwards is what a replay of the batches finds. */
class TextTracesTest {
    private static final int BLOCK = 8;
    private static final int BATCH = 4;
    private static final long STEPS = 150;
    private static final ModelSpec MODEL = new ModelSpec(1, 2, 16, BLOCK);
    private static final TrainingSpec SPEC =
            Specs.spec(MODEL, STEPS, BATCH, 1e-2, 1e-3, 4, 0.1, 0.9, 0.95, 1, 42, 8, 3, 10);

    private final InMemoryBytes bytes = new InMemoryBytes();
    private final FakeCatalog catalog = new FakeCatalog();
    private final TextTraces traces = new TextTraces(catalog, new Datasets(bytes), bytes);
    /** By shard, where its texts begin, and its end. */
    private final List<List<Integer>> texts = new ArrayList<>();

    @TempDir
    Path folder;

    @BeforeEach
    void writeDatasets() throws IOException {
        write("datasets/b", new Random(2));
        texts.clear();
        write("datasets/a", new Random(1));
    }

    private void write(String name, Random random) throws IOException {
        List<Manifest.Entry> entries = new ArrayList<>();
        String tokenizer = Sha256.of("{}".getBytes(UTF_8));
        bytes.objects.put(name + "/tokenizer.json", "{}".getBytes(UTF_8));
        entries.add(new Manifest.Entry("tokenizer.json", 2, tokenizer, Map.of()));
        entries.add(new Manifest.Entry("tokenizer_config.json", 2, tokenizer, Map.of()));
        for (String shard : List.of("train-00000", "train-00001", "validation-00000")) {
            List<Integer> starts = new ArrayList<>();
            Path file = folder.resolve(shard);
            int tokens = 0;
            try (TokenShardWriter writer = TokenShardWriter.create(file, TokenShardHeader.of(300, tokenizer))) {
                for (int text = 0; text < 12; text++) {
                    starts.add(tokens);
                    int length = 1 + random.nextInt(30);
                    writer.beginText();
                    writer.append(new int[length], 0, length);
                    tokens += length;
                }
                writer.seal();
            }
            starts.add(tokens);
            texts.add(starts);
            byte[] content = Files.readAllBytes(file);
            bytes.objects.put(name + "/shards/" + shard, content);
            entries.add(new Manifest.Entry(
                    "shards/" + shard,
                    content.length,
                    Sha256.of(content),
                    Map.of("split", shard.substring(0, shard.indexOf('-')), "tokens", Integer.toString(tokens))));
        }
        Manifest manifest =
                new Manifest("dataset", Map.of("tokenizerSha256", tokenizer, "vocabularySize", "300"), entries);
        bytes.objects.put(name + "/manifest.json", manifest.toJson());
    }

    private TrainingJob job(TrainingSpec spec, long step, String lastCheckpoint, long skipped) {
        return new TrainingJob(
                "trainingJobs/j",
                Specs.request("runs/r", "datasets/a", spec, ""),
                spec,
                Optional.empty(),
                List.of(),
                TrainingJob.State.SUCCEEDED,
                new Progress(step, 1, 1, 1, lastCheckpoint),
                1,
                Preflight.planned(1, 1),
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                7,
                new JobDetails("", 0, skipped, "", ""));
    }

    /** Replays the batches of a job and finds the steps that hold a token of a text. */
    private List<Long> replay(TrainingJob job, int shard, int text, TrainingCursor cursor) {
        List<Dataset> datasets = new Datasets(bytes).read(job.request());
        Mixture mixture = TrainingPlan.mixture(job.request().spec(), datasets);
        int first = texts.get(shard).get(text);
        int end = texts.get(shard).get(text + 1);
        List<Long> steps = new ArrayList<>();
        long batch = 0;
        for (long step = 1; step <= job.progress().step(); step++) {
            while (cursor.stepOn(batch).isEmpty()) {
                batch++;
            }
            boolean holds = mixture.batch(batch).stream()
                    .anyMatch(row -> row.source() == 0
                            && row.window().shard() == shard
                            && row.window().offset() < end
                            && row.window().offset() + BLOCK >= first);
            if (holds) {
                steps.add(step);
            }
            batch++;
        }
        return steps;
    }

    private void assertEqualToAReplay(TrainingJob job, TrainingCursor cursor) {
        catalog.jobs = List.of(job);
        int held = 0;
        for (int shard = 0; shard < 2; shard++) {
            for (int text = 0; text < 12; text++) {
                List<TextTraces.Use> uses = traces.of("default", "datasets/a", "shards/train-0000" + shard, text);
                assertThat(uses).singleElement().satisfies(use -> assertThat(use.job())
                        .isEqualTo(job));
                assertThat(uses.get(0).steps()).isEqualTo(replay(job, shard, text, cursor));
                held += uses.get(0).steps().size();
            }
        }
        assertThat(held).isPositive();
    }

    @Test
    void findsTheStepsOfEveryText() {
        assertEqualToAReplay(job(SPEC, STEPS, "", 0), TrainingCursor.BEGINNING);
    }

    @Test
    void findsTheStepsInAMix() {
        TrainingSpec mixed = Specs.with(SPEC, Map.of("mix", List.of(new DatasetShare("datasets/b", 3))));

        assertEqualToAReplay(job(mixed, STEPS, "", 0), TrainingCursor.BEGINNING);
    }

    @Test
    void leavesOutBatchesThatWereLeftOut() throws IOException {
        TrainingCursor cursor = TrainingCursor.BEGINNING.without(3, 5).without(20, 23);
        TrainingJob job = job(SPEC, STEPS, "runs/r/checkpoints/train-150", cursor.skipped());
        List<Dataset> datasets = new Datasets(bytes).read(job.request());
        bytes.objects.put(
                "runs/r/checkpoints/train-150/training_state.json",
                TrainingState.of(job, datasets, STEPS, 1, cursor).toJson());

        assertThat(cursor.skipped()).isGreaterThan(3);
        assertEqualToAReplay(job, cursor);
    }

    @Test
    void nobodyLearnsFromTheValidationSplit() {
        catalog.jobs = List.of(job(SPEC, STEPS, "", 0));

        assertThat(traces.of("default", "datasets/a", "shards/validation-00000", 0))
                .isEmpty();
    }

    @Test
    void aJobThatTookNoStepHasNone() {
        catalog.jobs = List.of(job(SPEC, 0, "", 0));

        assertThat(traces.of("default", "datasets/a", "shards/train-00000", 0))
                .singleElement()
                .satisfies(use -> assertThat(use.steps()).isEmpty());
    }

    @Test
    void refusesATextThatThereIsNot() {
        for (int text : new int[] {-1, 12}) {
            assertThatThrownBy(() -> traces.of("default", "datasets/a", "shards/train-00000", text))
                    .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                            .isEqualTo(TrainingReason.TEXT_NOT_FOUND))
                    .hasMessageContaining("index: " + text + " (expected: below 12");
        }
        assertThatThrownBy(() -> traces.of("default", "datasets/a", "shards/train-00009", 0))
                .hasMessageContaining("has no shards/train-00009");
    }

    /** Jobs in a list. */
    private static final class FakeCatalog implements TrainingJobCatalog {
        private List<TrainingJob> jobs = List.of();

        @Override
        public List<TrainingJob> list(String workspace, long before, int limit) {
            return jobs.stream().filter(job -> job.sequence() < before).toList();
        }

        @Override
        public Optional<TrainingJob> find(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<TrainingJob> findByRequest(String requestKey) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean add(String requestKey, TrainingJob job) {
            throw new UnsupportedOperationException();
        }

        @Override
        public TrainingJob change(String name, TrainingJob.Command command) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Numbered> measurements(String name, long after, int limit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<HistoryPoint> history(String name, int maxPoints) {
            throw new UnsupportedOperationException();
        }
    }
}
