package io.maru.training.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardReader;
import io.maru.formats.TokenShardWriter;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;
import io.maru.platform.error.Reason;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.training.TinyDataset;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.Limits;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Parallelism;
import io.maru.training.domain.Specs;
import io.maru.training.domain.TrainingJob.State;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.domain.TrainingSpec.OnDivergence;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingLoopTest {
    private static final String RUN = "runs/a";
    private static final String DATASET = "datasets/a";
    private static final ModelSpec MODEL = new ModelSpec(1, 2, 16, 8);
    private static final TrainingSpec SPEC = Specs.spec(MODEL, 24, 4, 1e-2, 1e-3, 4, 0.1, 0.9, 0.95, 1, 42, 8, 3, 10);
    private static final Limits LIMITS = new Limits(1_000_000, 10_000, 10_000_000, 10_000_000, 4L << 30);

    /** What a run that nothing disturbed ended with. */
    private static List<String> undisturbed;

    private final InMemoryBytes bytes = new InMemoryBytes();
    private final InMemoryRegistry registry = new InMemoryRegistry(bytes);

    @TempDir
    Path folder;

    @BeforeEach
    void sealDataset() throws IOException {
        bytes.objects.putAll(TinyDataset.of(DATASET, folder).objects());
    }

    @Test
    void trainsToTheEndAndKeepsItsCheckpoints() throws Exception {
        ScriptedJob job = ScriptedJob.undisturbed(request(SPEC));

        loop().run(job);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(job.progress.step()).isEqualTo(24);
        assertThat(job.progress.lastCheckpoint()).isEqualTo(RUN + "/checkpoints/train-24");
        assertThat(registry.kept.keySet()).containsExactly(10L, 20L, 24L);
        // Guessing at random costs ln(280) = 5.6 nats.
        assertThat(job.progress.validationLoss()).isBetween(0.1, 5.0);
        assertThat(registry.kept.get(24L).validationLoss()).isEqualTo(job.progress.validationLoss());
        assertThat(registry.kept.get(10L).files().keySet())
                .containsExactlyInAnyOrder(
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "optimizer.safetensors",
                        "training_state.json");
        assertThat(job.measured)
                .filteredOn(measurement -> measurement.validationLoss().isPresent())
                .extracting(Measurement::step)
                .containsExactly(8L, 16L, 24L);
        assertThat(job.measured).extracting(Measurement::step).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void writesAHuggingFaceDirectory() throws Exception {
        loop().run(ScriptedJob.undisturbed(request(SPEC)));

        byte[] tokenizer = object(24, "tokenizer.json");
        assertThat(tokenizer).isEqualTo(bytes.objects.get(DATASET + "/tokenizer.json"));
        int vocabulary = BpeTokenizer.fromJson(tokenizer).vocabularySize();
        assertThat(GptConfig.fromJson(object(24, "config.json"))).isEqualTo(new GptConfig(vocabulary, 8, 1, 2, 16));
        assertThat(new ObjectMapper()
                        .readTree(object(24, "generation_config.json"))
                        .get("eos_token_id")
                        .asInt())
                .isEqualTo(BpeTokenizer.fromJson(tokenizer).endOfText());
        TrainingState state = TrainingState.fromJson(object(24, "training_state.json"));
        assertThat(state.step()).isEqualTo(24);
        assertThat(state.spec()).isEqualTo(SPEC);
        assertThat(state.recipe()).isEqualTo("name: tiny");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 11, 23})
    void endsWithTheSameBitsWhereverItIsKilled(int killedAt) throws Exception {
        List<String> expected = undisturbed();

        assertThatThrownBy(() -> loop().run(new ScriptedJob(request(SPEC), State.RUNNING, step -> {
                    if (step >= killedAt) {
                        throw new LeaseGone();
                    }
                    return State.RUNNING;
                })))
                .isInstanceOf(LeaseGone.class);
        long resumedFrom = registry.kept.isEmpty() ? 0 : registry.kept.lastKey();
        assertThat(resumedFrom).isLessThanOrEqualTo(killedAt);
        ScriptedJob again = ScriptedJob.undisturbed(request(SPEC));
        loop().run(again);

        assertThat(again.resumed.step()).isEqualTo(resumedFrom);
        assertThat(digests(24)).isEqualTo(expected);
    }

    @Test
    void aLlamaInBfloat16EndsWithTheSameBitsWhereverItIsKilled() throws Exception {
        ModelSpec llama = new ModelSpec(1, 4, 16, 8, ModelSpec.Family.LLAMA, 2, 24, true);
        TrainingSpec narrow = Specs.with(
                SPEC.with(llama),
                Map.of(
                        "schedule", Decay.WSD,
                        "precision", Precision.BFLOAT16,
                        "recompute", Recompute.BLOCKS,
                        "dropout", 0.1,
                        "accumulation", 2));
        TrainingRequest request = request(narrow);
        loop().run(ScriptedJob.undisturbed(request));
        List<String> expected = digests(24);
        assertThat(DecoderConfig.fromJson(object(24, "config.json")))
                .isInstanceOfSatisfying(LlamaConfig.class, config -> assertThat(config.keyValueHeads())
                        .isEqualTo(2));
        registry.kept.clear();
        bytes.objects.keySet().removeIf(key -> key.startsWith(RUN));

        assertThatThrownBy(() -> loop().run(new ScriptedJob(request, State.RUNNING, step -> {
                    if (step >= 13) {
                        throw new LeaseGone();
                    }
                    return State.RUNNING;
                })))
                .isInstanceOf(LeaseGone.class);
        loop().run(ScriptedJob.undisturbed(request));

        assertThat(digests(24)).isEqualTo(expected);
    }

    @Test
    void stopsSoonAfterAnInterruptAndLeavesNothingBehind() throws Exception {
        ScriptedJob job = new ScriptedJob(request(SPEC), State.RUNNING, step -> {
            if (step >= 5) {
                Thread.currentThread().interrupt();
            }
            return State.RUNNING;
        });

        assertThatThrownBy(() -> loop().run(job)).isInstanceOf(InterruptedException.class);

        assertThat(job.state).isEqualTo(State.RUNNING);
        assertThat(job.progress.step()).isLessThan(8);
        try (Stream<Path> left = Files.list(folder.resolve("work"))) {
            assertThat(left.map(file -> file.getFileName().toString())).containsExactly("shards");
        }
    }

    @Test
    void savesAndLetsGoWhenItIsPausedAndThenGoesOn() throws Exception {
        List<String> expected = undisturbed();
        ScriptedJob paused =
                new ScriptedJob(request(SPEC), State.RUNNING, step -> step < 13 ? State.RUNNING : State.PAUSING);

        loop().run(paused);

        assertThat(paused.state).isEqualTo(State.PAUSED);
        assertThat(paused.progress.step()).isGreaterThanOrEqualTo(13);
        assertThat(registry.kept.lastKey()).isEqualTo(paused.progress.step());
        assertThat(paused.progress.lastCheckpoint()).endsWith("/train-" + paused.progress.step());

        ScriptedJob resumed = ScriptedJob.undisturbed(request(SPEC));
        loop().run(resumed);

        assertThat(resumed.resumed.step()).isEqualTo(paused.progress.step());
        assertThat(resumed.state).isEqualTo(State.SUCCEEDED);
        assertThat(digests(24)).isEqualTo(expected);
    }

    @Test
    void endsAtAStepBoundaryWhenItIsCancelled() throws Exception {
        ScriptedJob job =
                new ScriptedJob(request(SPEC), State.RUNNING, step -> step < 5 ? State.RUNNING : State.CANCELLING);

        loop().run(job);

        assertThat(job.state).isEqualTo(State.CANCELLED);
        assertThat(job.progress.step()).isBetween(5L, 23L);
    }

    @Test
    void doesNotTrainWhatWasStoppedBeforeItBegan() throws Exception {
        ScriptedJob cancelled = new ScriptedJob(request(SPEC), State.CANCELLING, step -> State.CANCELLING);
        ScriptedJob paused = new ScriptedJob(request(SPEC), State.PAUSING, step -> State.PAUSING);

        loop().run(cancelled);
        loop().run(paused);

        assertThat(cancelled.state).isEqualTo(State.CANCELLED);
        assertThat(paused.state).isEqualTo(State.PAUSED);
        assertThat(registry.kept).isEmpty();
    }

    @Test
    void canBeCancelledWhileTheCheckpointServiceIsDown() throws Exception {
        registry.outages.set(Integer.MAX_VALUE);
        ScriptedJob job =
                new ScriptedJob(request(SPEC), State.RUNNING, step -> step < 20 ? State.RUNNING : State.CANCELLING);

        loop().run(job);

        assertThat(job.state).isEqualTo(State.CANCELLED);
    }

    @Test
    void triesAgainWhileTheStoreAndTheCheckpointServiceAreDown() throws Exception {
        bytes.outages.set(2);
        registry.outages.set(2);
        ScriptedJob job = ScriptedJob.undisturbed(request(SPEC));

        loop().run(job);

        assertThat(job.state).isEqualTo(State.SUCCEEDED);
        assertThat(registry.kept.keySet()).containsExactly(10L, 20L, 24L);
    }

    @Test
    void goesOnFromTheLastGoodCheckpointWhenTheNewestRotted() throws Exception {
        loop().run(ScriptedJob.undisturbed(request(SPEC)));
        List<String> expected = digests(24);
        registry.kept.remove(24L);
        bytes.objects.get(RUN + "/checkpoints/train-20/optimizer.safetensors")[999] ^= 1;

        ScriptedJob job = ScriptedJob.undisturbed(request(SPEC));
        loop().run(job);

        assertThat(job.resumed.step()).isEqualTo(10);
        assertThat(digests(24)).isEqualTo(expected);
    }

    @Test
    void aRunThatGoesOnOnAnotherNumberOfDevicesSaysThatItsBitsMayDiffer() throws Exception {
        ScriptedJob one =
                new ScriptedJob(request(SPEC), State.RUNNING, step -> step < 13 ? State.RUNNING : State.PAUSING);
        loop().run(one);
        assertThat(one.inexact).isEmpty();

        ScriptedJob two = ScriptedJob.undisturbed(request(SPEC.with(new Parallelism(2, 1))));
        loop().run(two);

        assertThat(two.state).isEqualTo(State.SUCCEEDED);
        assertThat(two.resumed.step()).isEqualTo(one.progress.step());
        assertThat(two.inexact)
                .isEqualTo(String.format(
                        Locale.ROOT,
                        "step %d was reached by workers: 1, devices: 1, and the run went on with workers: 1, devices: 2",
                        one.progress.step()));
    }

    @Test
    void hasNothingToDoWhenTheLastCheckpointIsThere() throws Exception {
        ScriptedJob first = ScriptedJob.undisturbed(request(SPEC));
        loop().run(first);
        ScriptedJob second = ScriptedJob.undisturbed(request(SPEC));

        loop().run(second);

        assertThat(second.state).isEqualTo(State.SUCCEEDED);
        assertThat(second.progress.validationLoss()).isEqualTo(first.progress.validationLoss());
        assertThat(second.measured).isEmpty();
    }

    @Test
    void refusesToGoOnFromAnotherRunsCheckpoint() throws Exception {
        loop().run(ScriptedJob.undisturbed(request(SPEC)));
        TrainingSpec other = Specs.spec(MODEL, 24, 4, 1e-2, 1e-3, 4, 0.1, 0.9, 0.95, 1, 43, 8, 3, 10);

        assertRefused(TrainingReason.CHECKPOINT_MISMATCH, "seed=42", () -> loop().run(
                        ScriptedJob.undisturbed(request(other))));
    }

    @Test
    void beginsWithTheWeightsOfAnotherRunAndEndsWithTheSameBitsWhereverItIsKilled() throws Exception {
        loop().run(ScriptedJob.undisturbed(request(SPEC)));
        registry.kept.clear();
        bytes.objects.put("models/m/versions/1/model.safetensors", object(24, "model.safetensors"));
        TrainingRequest request = request(SPEC);
        InitialWeights init = new InitialWeights(
                "models/m/versions/1",
                new String(object(24, "config.json"), UTF_8),
                new SealedFile(object(24, "model.safetensors").length, Sha256.of(object(24, "model.safetensors"))),
                Map.of("tokenizer_config.json", "how it chats"));
        ScriptedJob tuned = ScriptedJob.undisturbed(request);
        tuned.init = Optional.of(init);

        loop().run(tuned);

        // Moments and steps begin anew; the weights know the text already.
        assertThat(tuned.state).isEqualTo(State.SUCCEEDED);
        assertThat(tuned.measured.get(0).step()).isEqualTo(1);
        assertThat(tuned.measured.get(0).loss()).isLessThan(5);
        assertThat(TrainingState.fromJson(object(24, "training_state.json")).initSha256())
                .isEqualTo(init.weights().sha256());
        assertThat(object(24, "tokenizer_config.json")).asString().isEqualTo("how it chats");
        List<String> expected = digests(24);

        registry.kept.clear();
        ScriptedJob killed = new ScriptedJob(request, State.RUNNING, step -> {
            if (step >= 11) {
                registry.await(10);
                throw new LeaseGone();
            }
            return State.RUNNING;
        });
        killed.init = Optional.of(init);
        assertThatThrownBy(() -> loop().run(killed)).isInstanceOf(LeaseGone.class);
        // It goes on from its own checkpoint, and needs them no more.
        bytes.objects.remove("models/m/versions/1/model.safetensors");
        ScriptedJob again = ScriptedJob.undisturbed(request);
        again.init = Optional.of(init);
        loop().run(again);
        assertThat(again.resumed.step()).isEqualTo(10);
        assertThat(digests(24)).isEqualTo(expected);

        ScriptedJob fromASeed = ScriptedJob.undisturbed(request);
        assertRefused(TrainingReason.CHECKPOINT_MISMATCH, "initSha256", () -> loop().run(fromASeed));
    }

    @Test
    void failsWithTheStepWhenTheLossIsNoNumberAndKeepsNoPoisonedCheckpoint() {
        // A decay of 10 at a rate of 10 multiplies every weight by -99 in each step.
        TrainingSpec wild = Specs.with(
                Specs.spec(MODEL, 200, 4, 10, 10, 0, 10, 0.9, 0.95, 0, 42, 200, 1, 1),
                Map.of("onDivergence", OnDivergence.FAIL));

        assertRefused(
                TrainingReason.TRAINING_DIVERGED, "step ", () -> loop().run(ScriptedJob.undisturbed(request(wild))));

        assertThat(registry.kept.size()).isLessThan(200);
        registry.kept.keySet().forEach(step -> assertFinite(object(step, "model.safetensors")));
    }

    @Test
    void refusesShardsThatAreNotWhatTheManifestSays() {
        bytes.objects.get(DATASET + "/shards/train-00001")[99] ^= 1;

        assertThatThrownBy(() -> loop().run(ScriptedJob.undisturbed(request(SPEC))))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("train-00001");
    }

    /** A mix would train on ids that mean different texts. */
    @Test
    void refusesAShardOfAnotherTokenizerThoughTheManifestListsIt() throws Exception {
        String key = "shards/train-00001";
        Path theirs = Files.write(folder.resolve("theirs"), bytes.objects.get(DATASET + "/" + key));
        Path other = folder.resolve("other");
        SealedFile sealed;
        try (TokenShardReader reader = TokenShardReader.open(theirs);
                TokenShardWriter writer = TokenShardWriter.create(
                        other, TokenShardHeader.of(reader.header().vocabularySize(), "0".repeat(64)))) {
            int[] ids = new int[(int) reader.tokenCount()];
            reader.read(0, ids, 0, ids.length);
            writer.append(ids, 0, ids.length);
            sealed = writer.seal();
        }
        Manifest manifest = Manifest.fromJson(bytes.objects.get(DATASET + "/manifest.json"));
        List<Manifest.Entry> entries = manifest.entries().stream()
                .map(entry -> entry.key().equals(key)
                        ? new Manifest.Entry(key, sealed.size(), sealed.sha256(), entry.attributes())
                        : entry)
                .toList();
        bytes.objects.put(DATASET + "/" + key, Files.readAllBytes(other));
        bytes.objects.put(
                DATASET + "/manifest.json", new Manifest(manifest.kind(), manifest.attributes(), entries).toJson());

        assertThatThrownBy(() -> loop().run(ScriptedJob.undisturbed(request(SPEC))))
                .hasMessageContaining(key + ": tokenizer: " + "0".repeat(64) + " (expected: ");
        assertThat(registry.kept).isEmpty();
    }

    @Test
    void fetchesShardsOnceAndAgainOnlyWhereTheDiskLostThem() throws Exception {
        loop().run(ScriptedJob.undisturbed(request(SPEC)));
        int fetched = bytes.fetched.get();
        registry.kept.clear();
        loop().run(ScriptedJob.undisturbed(request(SPEC)));
        assertThat(bytes.fetched.get()).isEqualTo(fetched);

        registry.kept.clear();
        try (Stream<Path> shards = Files.list(folder.resolve("work/shards"))) {
            Files.write(shards.sorted().findFirst().orElseThrow(), "rot".getBytes(UTF_8));
        }
        loop().run(ScriptedJob.undisturbed(request(SPEC)));
        assertThat(bytes.fetched.get()).isEqualTo(fetched + 1);
    }

    private static final class LeaseGone extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private TrainingLoop loop() {
        return new TrainingLoop(
                bytes,
                registry,
                noTrial(),
                new LocalLearners(),
                new NoMeters(),
                LIMITS,
                new TrainingLoop.Settings(folder.resolve("work"), new DeviceOptions(2, 1), Duration.ZERO));
    }

    /** For jobs that are not tried before they run. */
    static Trial noTrial() {
        return new Trial(
                limit -> {
                    throw new AssertionError("a trial (expected: none)");
                },
                new Trial.Settings(0, Duration.ZERO, Duration.ZERO));
    }

    private List<String> undisturbed() throws Exception {
        if (undisturbed == null) {
            loop().run(ScriptedJob.undisturbed(request(SPEC)));
            undisturbed = digests(24);
            registry.kept.clear();
            bytes.objects.keySet().removeIf(key -> key.startsWith(RUN));
        }
        return undisturbed;
    }

    private static TrainingRequest request(TrainingSpec spec) {
        return Specs.request(RUN, DATASET, spec, "name: tiny");
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

    private static void assertFinite(byte[] safetensors) {
        java.nio.ByteBuffer file = java.nio.ByteBuffer.wrap(safetensors).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        file.position(8 + (int) file.getLong(0));
        while (file.hasRemaining()) {
            assertThat(file.getFloat()).isFinite();
        }
    }

    private static void assertRefused(Reason reason, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason))
                .hasMessageContaining(message)
                .hasMessageContaining("expected");
    }
}
