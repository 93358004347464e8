package io.maru.training.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.Batch;
import io.maru.model.device.DeviceOptions;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.training.TinyDataset;
import io.maru.training.app.CheckpointRegistry.Candidate;
import io.maru.training.domain.DatasetShare;
import io.maru.training.domain.Divergence;
import io.maru.training.domain.Divergence.Action;
import io.maru.training.domain.Limits;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Specs;
import io.maru.training.domain.TrainingCursor;
import io.maru.training.domain.TrainingJob.State;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.domain.TrainingSpec.OnDivergence;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a job does by itself: where there is no number, at a spike, when it gets no better, on a full disk. */
class TrainingAttemptTest {
    private static final String RUN = "runs/a";
    private static final String DATASET = "datasets/a";
    /** Its embedding is not its head, so that one token's weights touch nothing but that token. */
    private static final ModelSpec MODEL = new ModelSpec(1, 2, 16, 8, ModelSpec.Family.LLAMA, 2, 24, true);

    private static final Limits LIMITS = new Limits(1_000_000, 10_000, 10_000_000, 10_000_000, 4L << 30);
    /** A character of the second training shard's first document, and of no other text. */
    private static final String RARE = "\u0001";

    /** Steps of two passes over the training split, and some: whatever is in it comes after the first checkpoint, too. */
    private static final long EPOCHS = 120;

    private static final long CHECKPOINT_EVERY = 10;

    private final InMemoryBytes bytes = new InMemoryBytes();
    private final InMemoryRegistry registry = new InMemoryRegistry(bytes);

    @TempDir
    Path folder;

    @BeforeEach
    void sealDatasets() throws IOException {
        bytes.objects.putAll(TinyDataset.of(DATASET, folder, RARE).objects());
        bytes.objects.putAll(TinyDataset.of("datasets/b", folder).objects());
    }

    @Test
    void pausesBeforeABatchWithoutANumberAndTriesItAgain() throws Exception {
        TrainingRequest request = request(spec(EPOCHS, OnDivergence.PAUSE, 0));
        poisoned(request, RARE);

        ScriptedJob job = run(request);

        assertThat(job.state).isEqualTo(State.PAUSED);
        Divergence divergence = job.divergences.get(0);
        assertThat(divergence.action()).isEqualTo(Action.PAUSED);
        assertThat(divergence.loss()).isNaN();
        assertThat(divergence.documents())
                .hasSize(4)
                .contains(new Divergence.Passage(DATASET + "/shards/train-00001", 0, 0));
        assertThat(job.pauseReason)
                .isEqualTo(String.format(
                        Locale.ROOT,
                        "step %d: loss NaN, gradient norm NaN (expected: finite numbers); batch %d",
                        divergence.step(),
                        divergence.batch()));
        // The weights before the batch are good, so nothing that was learned is lost.
        assertThat(job.progress.step()).isEqualTo(divergence.step() - 1).isEqualTo(registry.kept.lastKey());
        assertFinite(registry.kept.lastKey());

        ScriptedJob resumed = run(request);
        assertThat(resumed.state).isEqualTo(State.PAUSED);
        assertThat(resumed.divergences).containsExactly(divergence);
        assertThat(resumed.skippedBatches).isZero();
    }

    @Test
    void leavesABatchWithoutANumberOutAndEndsWithTheSameBitsWhereverItIsKilled() throws Exception {
        TrainingRequest request = request(spec(EPOCHS, OnDivergence.SKIP, 0));
        poisoned(request, RARE);
        Map<Long, Candidate> poisoned = Map.copyOf(registry.kept);

        ScriptedJob job = run(request);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(job.progress.step()).isEqualTo(EPOCHS);
        assertThat(job.divergences).extracting(Divergence::action).containsOnly(Action.SKIPPED);
        assertThat(job.skippedBatches).isEqualTo(job.divergences.size()).isPositive();
        assertThat(state(EPOCHS).cursor().skips())
                .extracting(TrainingCursor.Skipped::first)
                .containsExactlyElementsOf(
                        job.divergences.stream().map(Divergence::batch).toList());
        assertFinite(EPOCHS);

        List<String> expected = digests(EPOCHS);
        long afterTheFirst = job.divergences.get(0).step() + 1;
        for (long killedAt : new long[] {afterTheFirst, EPOCHS - 1}) {
            registry.kept.clear();
            registry.kept.putAll(poisoned);
            killed(request, killedAt);
            run(request);
            assertThat(digests(EPOCHS)).as("killed at " + killedAt).isEqualTo(expected);
        }
    }

    @Test
    void goesBackToTheNewestCheckpointAfterSeveralInARow() throws Exception {
        TrainingRequest request = request(spec(24, OnDivergence.SKIP, 0));
        // In every fourth row or so.
        poisoned(request, "1");
        Map<Long, Candidate> poisoned = Map.copyOf(registry.kept);

        ScriptedJob job = run(request);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(job.divergences).extracting(Divergence::action).contains(Action.SKIPPED, Action.ROLLED_BACK);
        assertThat(state(24).cursor().skips()).anySatisfy(out -> assertThat(out.batches())
                .isGreaterThanOrEqualTo(TrainingAttempt.MAX_SKIPS_IN_A_ROW));
        List<String> expected = digests(24);
        registry.kept.clear();
        registry.kept.putAll(poisoned);
        killed(request, 19);
        run(request);
        assertThat(digests(24)).isEqualTo(expected);
    }

    @Test
    void failsWhenTooMuchWasLeftOut() throws Exception {
        TrainingRequest request = request(spec(24, OnDivergence.SKIP, 0));
        poisoned(request, "t");
        leftOutBefore(TrainingCursor.MAX_SKIPS - 2);
        ScriptedJob job = ScriptedJob.undisturbed(request);

        assertThatThrownBy(() -> loop().run(job))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.TRAINING_DIVERGED));

        assertThat(job.divergences)
                .extracting(Divergence::action)
                .containsExactly(Action.SKIPPED, Action.SKIPPED, Action.FAILED);
        assertThat(registry.kept.keySet()).containsExactly(10L);
    }

    @Test
    void goesBackNoMoreThanSoOften() throws Exception {
        TrainingRequest request = request(spec(24, CHECKPOINT_EVERY, OnDivergence.SKIP, 0));
        // Of the validation split alone: the weights look spoilt whatever is left out.
        poisoned(request, "v");
        leftOutBefore(TrainingCursor.MAX_SKIPS - 2);
        ScriptedJob job = ScriptedJob.undisturbed(request);

        assertThatThrownBy(() -> loop().run(job)).isInstanceOf(Refusal.class);

        assertThat(job.divergences)
                .extracting(Divergence::action)
                .containsExactly(Action.ROLLED_BACK, Action.ROLLED_BACK, Action.FAILED);
        assertThat(job.divergences).extracting(Divergence::batch).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void savesNoCheckpointOfWeightsThatGiveNoNumberOnTheValidationSplit() throws Exception {
        TrainingRequest request = request(spec(24, CHECKPOINT_EVERY, OnDivergence.PAUSE, 0));
        // Of the validation split alone.
        poisoned(request, "v");

        ScriptedJob job = run(request);

        assertThat(job.state).isEqualTo(State.PAUSED);
        assertThat(job.pauseReason).isEqualTo("step 20: validation loss NaN (expected: a finite number); batch 19");
        assertThat(job.divergences).extracting(Divergence::action).containsExactly(Action.PAUSED);
        assertThat(registry.kept.keySet()).containsExactly(10L);
        assertThat(job.progress.lastCheckpoint()).isEqualTo(RUN + "/checkpoints/train-10");
    }

    /** A checkpoint that is due where nothing is validated waits for the next step's loss. */
    @Test
    void dropsACheckpointWhoseWeightsTheNextStepShowsToBeSpoilt() throws Exception {
        ScriptedJob job = ScriptedJob.undisturbed(request(spec(24, OnDivergence.PAUSE, 0)));

        loop(new Spoilt(20, Double.NaN)).run(job);

        assertThat(job.state).isEqualTo(State.PAUSED);
        assertThat(job.pauseReason).isEqualTo("step 20: validation loss NaN (expected: a finite number); batch 19");
        assertThat(registry.kept.keySet()).containsExactly(10L);
    }

    @Test
    void sendsACheckpointWhoseWeightsAreGoodThoughTheNextStepIsNotTaken() throws Exception {
        ScriptedJob job = ScriptedJob.undisturbed(request(spec(24, OnDivergence.PAUSE, 0)));

        loop(new Spoilt(20, 3)).run(job);

        assertThat(job.state).isEqualTo(State.PAUSED);
        assertThat(job.pauseReason).startsWith("step 21: loss NaN").endsWith("batch 20");
        assertThat(registry.kept.keySet()).containsExactly(10L, 20L);
    }

    @Test
    void pausesAtASpikeAndSaysHowLargeItMayBe() throws Exception {
        ScriptedJob job = run(request(spec(400, OnDivergence.PAUSE, 1.02)));

        assertThat(job.state).isEqualTo(State.PAUSED);
        Divergence spike = job.divergences.get(0);
        assertThat(spike.step()).isGreaterThan(32);
        assertThat(spike.loss()).isGreaterThan(spike.limit()).isFinite();
        assertThat(job.pauseReason).contains("a loss of at most " + (float) spike.limit());
        assertThat(registry.kept.lastKey()).isEqualTo(spike.step() - 1);
    }

    @Test
    void endsEarlyWhenItGetsNoBetterAndKnowsTheBest() throws Exception {
        // A rate that moves no weight: every validation gives the same loss.
        TrainingSpec stuck = Specs.with(
                Specs.spec(MODEL, 1000, 4, 1e-30, 1e-30, 0, 0, 0.9, 0.95, 1, 42, 2, 3, 100), Map.of("earlyStop", 3));

        ScriptedJob job = run(request(stuck));

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(job.progress.step()).isEqualTo(8);
        assertThat(registry.kept.keySet()).containsExactly(2L, 8L);
        assertThat(job.progress.lastCheckpoint()).isEqualTo(RUN + "/checkpoints/train-8");
        assertThat(job.bestCheckpoint).isEqualTo(RUN + "/checkpoints/train-2");
        assertThat(job.bestValidationLoss).isEqualTo(job.progress.validationLoss());

        ScriptedJob again = run(request(stuck));
        assertThat(again.state).isEqualTo(State.SUCCEEDED);
        assertThat(again.progress.step()).isEqualTo(8);
    }

    @Test
    void keepsTheNewestCheckpointsAndTheBest() throws Exception {
        TrainingSpec stuck = Specs.with(
                Specs.spec(MODEL, 24, 4, 1e-30, 1e-30, 0, 0, 0.9, 0.95, 1, 42, 8, 3, 4), Map.of("keepCheckpoints", 2));
        registry.deletionOutages.set(2);

        ScriptedJob job = run(request(stuck));

        assertThat(registry.kept.keySet()).containsExactly(8L, 20L, 24L);
        assertThat(job.bestCheckpoint).isEqualTo(RUN + "/checkpoints/train-8");
        assertThat(registry.kept.get(20L).validationLoss())
                .as("of a checkpoint whose weights were not validated")
                .isZero();

        // What a worker that was killed in between has left behind, the next one removes.
        registry.kept.put(
                12L, new Candidate(RUN, "train", 12, registry.kept.get(20L).files(), DATASET, "", 0));
        run(request(stuck));
        assertThat(registry.kept.keySet()).containsExactly(8L, 20L, 24L);
    }

    @Test
    void aMixTrainsOnBothDatasetsAndEndsWithTheSameBitsWhereverItIsKilled() throws Exception {
        TrainingSpec mixed =
                Specs.with(spec(24, OnDivergence.PAUSE, 0), Map.of("mix", List.of(new DatasetShare("datasets/b", 3))));
        run(request(spec(24, OnDivergence.PAUSE, 0)));
        List<String> alone = digests(24);
        registry.kept.clear();

        run(request(mixed));
        List<String> expected = digests(24);
        assertThat(expected.get(0)).isNotEqualTo(alone.get(0));
        assertThat(state(24).mixSha256()).containsExactly(Sha256.of(bytes.objects.get("datasets/b/manifest.json")));

        registry.kept.clear();
        killed(request(mixed), 13);
        run(request(mixed));
        assertThat(digests(24)).isEqualTo(expected);

        registry.kept.keySet().removeIf(step -> step > 10);
        bytes.objects.putAll(TinyDataset.of("datasets/b", folder, "x").objects());
        assertThatThrownBy(() -> run(request(mixed)))
                .hasMessageContaining("mixSha256: [")
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.CHECKPOINT_MISMATCH));
    }

    /** What is written to /dev/full finds no space left on the device, as on any full disk. */
    @Test
    void goesOnWhileThereIsNoRoomOnTheDiskAndLosesNothing() throws Exception {
        TrainingRequest request = request(spec(24, OnDivergence.PAUSE, 0));
        run(request);
        List<String> expected = digests(24);
        registry.kept.clear();
        bytes.objects.keySet().removeIf(key -> key.startsWith(RUN));

        Path full = folder.resolve("work/run/step-10");
        ScriptedJob job = new ScriptedJob(request, State.RUNNING, step -> {
            try {
                if (step == 9) {
                    Files.createSymbolicLink(
                            Files.createDirectories(full).resolve(TrainingState.FILE), Path.of("/dev/full"));
                } else if (step == 15) {
                    assertThat(registry.kept).isEmpty();
                    Files.delete(full.resolve(TrainingState.FILE));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return State.RUNNING;
        });
        loop().run(job);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(registry.kept.keySet()).containsExactly(10L, 20L, 24L);
        assertThat(digests(24)).isEqualTo(expected);
    }

    @Test
    void refusesATokenizerThatHasAnotherVocabularyThanTheDataset() throws Exception {
        String manifest = new String(bytes.objects.get(DATASET + "/manifest.json"), UTF_8);
        String has = "\"vocabularySize\":\"" + vocabulary() + "\"";
        assertThat(manifest.replace(" ", "")).contains(has);
        bytes.objects.put(
                DATASET + "/manifest.json",
                manifest.replaceAll("(\"vocabularySize\" ?: ?\")\\d+", "$19" + vocabulary())
                        .getBytes(UTF_8));

        assertThatThrownBy(() -> run(request(spec(24, OnDivergence.PAUSE, 0))))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.DATASET_CORRUPT))
                .hasMessage(String.format(
                        Locale.ROOT,
                        "%s/tokenizer.json: vocabulary: %d (expected: 9%d, as the manifest tells)",
                        DATASET,
                        vocabulary(),
                        vocabulary()));
    }

    @Test
    void refusesACheckpointOfAnotherArchitectureOrOrderOfBatches() throws Exception {
        TrainingSpec spec = spec(24, OnDivergence.PAUSE, 0);
        killed(request(spec), 13);
        ModelSpec wider = new ModelSpec(1, 2, 32, 8, ModelSpec.Family.LLAMA, 2, 24, true);
        assertThatThrownBy(() -> run(request(spec.with(wider))))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.CHECKPOINT_MISMATCH))
                .hasMessageContaining("width=16")
                .hasMessageContaining("width=32");

        String state = new String(object(10, TrainingState.FILE), UTF_8);
        replace(
                10,
                TrainingState.FILE,
                state.replace("\"batchOrderVersion\" : 1", "\"batchOrderVersion\" : 7")
                        .getBytes(UTF_8));
        assertThatThrownBy(() -> run(request(spec)))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.CHECKPOINT_MISMATCH))
                .hasMessage(RUN + "/checkpoints/train-10: batchOrderVersion: 7 (expected: 1)");
    }

    /** Trains up to the first checkpoint, and makes a hole in it: whoever reads the token gets no number. */
    private void poisoned(TrainingRequest request, String token) throws IOException {
        killed(request, 11);
        assertThat(registry.kept.keySet()).containsExactly(10L);
        BpeTokenizer tokenizer = BpeTokenizer.fromJson(bytes.objects.get(DATASET + "/tokenizer.json"));
        int id = tokenizer.encode(token)[0];
        Path file = Files.write(folder.resolve("holed"), object(10, "model.safetensors"));
        DecoderConfig config = DecoderConfig.fromJson(object(10, "config.json"));
        try (SafetensorsFile weights = SafetensorsFile.open(file);
                SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve("poisoned"))) {
            writer.metadata("format", "pt");
            for (String name : weights.names()) {
                writer.declare(name, DType.F32, weights.info(name).shape());
            }
            for (String name : weights.names()) {
                float[] values = weights.floats(name);
                if (name.equals("model.embed_tokens.weight")) {
                    Arrays.fill(values, id * config.width(), (id + 1) * config.width(), Float.NaN);
                }
                writer.write(name, values);
            }
            writer.seal();
        }
        replace(10, "model.safetensors", Files.readAllBytes(folder.resolve("poisoned")));
    }

    /** As if the run had left out so many batches on its way to the first checkpoint. */
    private void leftOutBefore(int times) {
        TrainingState before = state(10);
        List<TrainingCursor.Skipped> many = IntStream.range(0, times)
                .mapToObj(i -> new TrainingCursor.Skipped(2 * i, 1))
                .toList();
        TrainingState late = new TrainingState(
                before.format(),
                before.step(),
                before.validationLoss(),
                before.batchOrderVersion(),
                before.datasetSha256(),
                before.mixSha256(),
                before.tokenizerSha256(),
                before.initSha256(),
                before.spec(),
                before.choices(),
                before.recipe(),
                new TrainingCursor(many, 4, 10, 0, 0, 0));
        replace(10, TrainingState.FILE, late.toJson());
    }

    private void replace(long step, String name, byte[] content) {
        bytes.objects.put(RUN + "/checkpoints/train-" + step + "/" + name, content);
        Candidate candidate = registry.kept.get(step);
        Map<String, SealedFile> files = new LinkedHashMap<>(candidate.files());
        files.put(name, new SealedFile(content.length, Sha256.of(content)));
        registry.kept.put(step, new Candidate(RUN, "train", step, files, DATASET, "", candidate.validationLoss()));
    }

    private ScriptedJob run(TrainingRequest request) throws Exception {
        ScriptedJob job = ScriptedJob.undisturbed(request);
        loop().run(job);
        return job;
    }

    /** Once what was due before is registered. */
    private void killed(TrainingRequest request, long step) {
        LongFunction<State> script = now -> {
            if (now >= step) {
                registry.await((step - 1) / CHECKPOINT_EVERY * CHECKPOINT_EVERY);
                throw new IllegalStateException("killed");
            }
            return State.RUNNING;
        };
        assertThatThrownBy(() -> loop().run(new ScriptedJob(request, State.RUNNING, script)))
                .hasMessage("killed");
    }

    /** Has no number for any step after {@code last}, and this for the validation split. */
    private record Spoilt(long last, double validationLoss) implements Learners {
        @Override
        public Learner begin(HeldJob held, int workers, TrainerSetup setup, FirstWeights first) throws IOException {
            Learner sound = new LocalLearners().begin(held, workers, setup, first);
            return new Learner() {
                @Override
                public StepResult step(Batch batch, float learningRate, float lossLimit) {
                    if (sound.steps() == last) {
                        throw new DivergedException(last + 1, Float.NaN, Float.NaN, lossLimit);
                    }
                    return sound.step(batch, learningRate, lossLimit);
                }

                @Override
                public double validate(Batch batch) {
                    return validationLoss;
                }

                @Override
                public long steps() {
                    return sound.steps();
                }

                @Override
                public Snapshot snapshot() {
                    return sound.snapshot();
                }

                @Override
                public void close() {
                    sound.close();
                }
            };
        }

        @Override
        public Learner resume(HeldJob held, int workers, TrainerSetup setup, Path folder) {
            throw new IllegalStateException("resumed (expected: a run that begins)");
        }
    }

    private TrainingLoop loop() {
        return loop(new LocalLearners());
    }

    private TrainingLoop loop(Learners learners) {
        return new TrainingLoop(
                bytes,
                registry,
                TrainingLoopTest.noTrial(),
                learners,
                new NoMeters(),
                LIMITS,
                new TrainingLoop.Settings(folder.resolve("work"), new DeviceOptions(2, 1), Duration.ZERO));
    }

    private static TrainingSpec spec(long steps, OnDivergence onDivergence, double spikeFactor) {
        return spec(steps, 1000, onDivergence, spikeFactor);
    }

    private static TrainingSpec spec(long steps, long validateEvery, OnDivergence onDivergence, double spikeFactor) {
        return Specs.with(
                Specs.spec(MODEL, steps, 4, 1e-2, 1e-3, 4, 0.1, 0.9, 0.95, 1, 42, validateEvery, 3, CHECKPOINT_EVERY),
                Map.of("onDivergence", onDivergence, "spikeFactor", spikeFactor));
    }

    private static TrainingRequest request(TrainingSpec spec) {
        return Specs.request(RUN, DATASET, spec, "");
    }

    private int vocabulary() {
        return BpeTokenizer.fromJson(bytes.objects.get(DATASET + "/tokenizer.json"))
                .vocabularySize();
    }

    private TrainingState state(long step) {
        return TrainingState.fromJson(object(step, TrainingState.FILE));
    }

    private byte[] object(long step, String file) {
        return bytes.objects.get(RUN + "/checkpoints/train-" + step + "/" + file);
    }

    private List<String> digests(long step) {
        return List.of(
                Sha256.of(object(step, "model.safetensors")),
                Sha256.of(object(step, "optimizer.safetensors")),
                Sha256.of(object(step, "training_state.json")));
    }

    /** But for the hole that {@link #poisoned} made. */
    private void assertFinite(long step) throws IOException {
        Path file = Files.write(folder.resolve("weights"), object(step, "model.safetensors"));
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
            for (String name : weights.names()) {
                if (!name.equals("model.embed_tokens.weight")) {
                    for (float value : weights.floats(name)) {
                        assertThat(value).isFinite();
                    }
                }
            }
        }
    }
}
