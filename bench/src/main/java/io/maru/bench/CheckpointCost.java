package io.maru.bench;

import com.sun.management.OperatingSystemMXBean;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.store.StoredObject;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import io.maru.training.app.CheckpointRegistry;
import io.maru.training.app.HeldJob;
import io.maru.training.app.JobMeters;
import io.maru.training.app.LocalLearners;
import io.maru.training.app.Seat;
import io.maru.training.app.TrainingBytes;
import io.maru.training.app.TrainingLoop;
import io.maru.training.app.Trial;
import io.maru.training.domain.Divergence;
import io.maru.training.domain.Limits;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.store.StoredTrainingBytes;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a checkpoint costs a training that goes on meanwhile: the training service's own loop and writer, against the real
 * store of the test kit; a stand-in for the checkpoint service asks the store for each file's digest as that one does.
 *
 * <pre>
 *   steps     1..25   26..75    75           76..125   126..150   150          151..200   ...
 *             warm    without   checkpoint   with      without    checkpoint   with
 * </pre>
 *
 * At the first checkpoint the process grows by what is held, for good: that one costs more than those that follow.
 *
 * Where a checkpoint is not away when its fifty steps are over, the figure hides some of it, and this says so.
 */
public final class CheckpointCost {
    /** How often the bar has a checkpoint. */
    private static final int USUAL_EVERY = 50;

    private static final int EVERY = USUAL_EVERY + USUAL_EVERY / 2;
    private static final int STEPS = 3 * EVERY + USUAL_EVERY;

    private static final String RUN = "workspaces/default/runs/bench";
    private static final String DATASET = "workspaces/default/datasets/bench";

    private CheckpointCost() {}

    /** @param args precision, vocabulary, block, layers, heads, width, batch */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 7) {
            throw new IllegalArgumentException(
                    "arguments: " + args.length + " (expected: precision vocabulary block layers heads width batch)");
        }
        Precision precision = Precision.valueOf(args[0]);
        int[] shape = Arrays.stream(args).skip(1).mapToInt(Integer::parseInt).toArray();
        Path work = Files.createTempDirectory("checkpoint-cost");
        ObjectStore store = Stores.running();
        int vocabulary = dataset(store, shape[0], work);

        TrainingBytes bytes = new StoredTrainingBytes(store);
        Clock clock = new Clock();
        Service service = new Service(store, clock);
        TrainingLoop loop = new TrainingLoop(
                bytes,
                service,
                new Trial(
                        limit -> {
                            throw new IllegalStateException("a trial (expected: none where it has no time)");
                        },
                        new Trial.Settings(Long.MAX_VALUE, Duration.ZERO, Duration.ofMillis(500))),
                new LocalLearners(),
                clock,
                new Limits(2_000_000_000, 1 << 20, 1L << 31, 1L << 31, Long.MAX_VALUE),
                new TrainingLoop.Settings(work.resolve("training"), DeviceOptions.allCores(), Duration.ofMillis(500)));
        loop.run(new Job(request(precision, shape)));
        System.out.printf(
                "%d tokens in the vocabulary, %s, %d steps with a checkpoint each %d, %.1f MB a checkpoint%n",
                vocabulary, String.join(" ", args), STEPS, EVERY, service.bytesOfOne / 1e6);
        report(clock);
    }

    private static void report(Clock clock) {
        Times with = new Times();
        Times without = new Times();
        Times ratios = new Times();
        Times busy = new Times();
        Times ours = new Times();
        Times others = new Times();
        for (int checkpoint = EVERY; checkpoint < STEPS; checkpoint += EVERY) {
            int before = checkpoint == EVERY ? USUAL_EVERY : EVERY - USUAL_EVERY;
            Moment begun = clock.ended[checkpoint];
            Moment plain = clock.ended[checkpoint - before];
            Moment over = clock.ended[checkpoint + USUAL_EVERY];
            double seconds = over.secondsSince(begun);
            double usual = begun.secondsSince(plain) / before * USUAL_EVERY;
            with.add(seconds);
            without.add(usual);
            ratios.add(seconds / usual - 1);
            busy.add((clock.registered.get(checkpoint) - begun.nanos) / 1e9);
            ours.add((over.own - begun.own - (begun.own - plain.own) * USUAL_EVERY / before) / 1e9);
            others.add((over.store - begun.store - (begun.store - plain.store) * USUAL_EVERY / before) / 1e9);
        }
        System.out.printf(
                "a checkpoint in %d steps: median %.2f %%, best %.2f %% more time%n",
                USUAL_EVERY, 100 * ratios.median(), 100 * ratios.best());
        System.out.printf(
                "%d steps with one: %s s; without: %s s%n", USUAL_EVERY, with.all("%.2f"), without.all("%.2f"));
        System.out.printf(
                "it is on its way for %s s; the training thread waits %s s for it, at the end too%n",
                busy.all("%.1f"), clock.waited.all("%.3f"));
        System.out.printf(
                "processor time more than without: %s s of this process, %s s of the store's%n",
                ours.all("%.1f"), others.all("%.1f"));
        for (int checkpoint = EVERY; checkpoint < STEPS; checkpoint += EVERY) {
            if (clock.registered.get(checkpoint) > clock.ended[checkpoint + USUAL_EVERY].nanos) {
                System.out.printf("the checkpoint of step %d was not away by then: it costs more%n", checkpoint);
            }
        }
        System.out.printf("load average %.2f%n", Times.loadAverage());
    }

    private static TrainingRequest request(Precision precision, int[] shape) {
        TrainingSpec spec = new TrainingSpec(
                new ModelSpec(shape[2], shape[3], shape[4], shape[1]),
                STEPS,
                shape[5],
                TrainingSpec.FOLLOWS,
                1e-4,
                1e-5,
                1,
                0.1,
                0.9,
                0.95,
                1e-8,
                1,
                1,
                STEPS,
                1,
                EVERY,
                Decay.COSINE,
                precision,
                Recompute.NONE,
                0,
                0,
                1,
                1,
                1,
                List.of(),
                1,
                0,
                TrainingSpec.OnDivergence.FAIL,
                0,
                0);
        return new TrainingRequest(RUN, "train", DATASET, "", spec, "", "", 0);
    }

    /** Puts a sealed dataset of random tokens into the store, and a tokenizer that has them. */
    private static int dataset(ObjectStore store, int maxIds, Path work) throws IOException {
        MadeUpText text = new MadeUpText(new Random(1));
        BpeTrainer trainer = new BpeTrainer(maxIds, TieRule.SMALLEST_IDS);
        for (int i = 0; i < 4_000; i++) {
            trainer.add(text.document());
        }
        BpeTokenizer tokenizer = trainer.train();
        int vocabulary = tokenizer.vocabularySize();
        String digest = Sha256.of(tokenizer.toJson());
        List<Manifest.Entry> entries = new ArrayList<>();
        entries.add(put(store, "tokenizer.json", Files.write(work.resolve("tokenizer"), tokenizer.toJson()), Map.of()));
        entries.add(put(
                store, "tokenizer_config.json", Files.write(work.resolve("config"), tokenizer.configJson()), Map.of()));
        Random random = new Random(2);
        for (String split : List.of("train", "validation")) {
            int[] ids = random.ints(1 << 20, 0, vocabulary).toArray();
            Path shard = work.resolve(split);
            try (TokenShardWriter writer = TokenShardWriter.create(shard, TokenShardHeader.of(vocabulary, digest))) {
                writer.append(ids, 0, ids.length);
                writer.seal();
            }
            Map<String, String> attributes =
                    Map.of("split", split, "tokens", Integer.toString(ids.length), "textBytes", "1");
            entries.add(put(store, "shards/" + split + "-00000", shard, attributes));
        }
        Map<String, String> attributes = Map.of(
                "corpusSha256", digest,
                "tokenizerSha256", digest,
                "vocabularySize", Integer.toString(vocabulary),
                "trainTokens", "1",
                "validationTokens", "1",
                "trainBytes", "1",
                "validationBytes", "1");
        byte[] manifest = new Manifest("dataset", attributes, entries).toJson();
        store.put(DATASET + "/manifest.json", Files.write(work.resolve("manifest"), manifest));
        return vocabulary;
    }

    private static Manifest.Entry put(ObjectStore store, String key, Path file, Map<String, String> attributes)
            throws IOException {
        store.put(DATASET + "/" + key, file);
        return new Manifest.Entry(key, Files.size(file), Sha256.of(file), attributes);
    }

    /**
     * A point in the run.
     *
     * @param own processor time of this process so far
     * @param store of the processes that it started: the store among them
     */
    private record Moment(long nanos, long own, long store) {
        static Moment now() {
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            long store = ProcessHandle.current()
                    .descendants()
                    .mapToLong(process -> process.info()
                            .totalCpuDuration()
                            .orElse(Duration.ZERO)
                            .toNanos())
                    .sum();
            return new Moment(System.nanoTime(), system.getProcessCpuTime(), store);
        }

        double secondsSince(Moment earlier) {
            return (nanos - earlier.nanos) / 1e9;
        }
    }

    /** When each step ended, and when each checkpoint was registered. */
    private static final class Clock implements JobMeters {
        private final Moment[] ended = new Moment[STEPS + 1];
        private final Map<Integer, Long> registered = new ConcurrentHashMap<>();
        private final Times waited = new Times();
        private int step;

        @Override
        public void stepped() {
            ended[++step] = Moment.now();
        }

        @Override
        public void measured(Measurement measurement) {}

        @Override
        public void checkpointed(double seconds) {
            waited.add(seconds);
        }
    }

    /** Compares the digest of each file of a checkpoint with the store's. */
    private static final class Service implements CheckpointRegistry {
        private final ObjectStore store;
        private final Clock clock;
        private long bytesOfOne;

        Service(ObjectStore store, Clock clock) {
            this.store = store;
            this.clock = clock;
        }

        @Override
        public Optional<Kept> newest(String run, String training) {
            return Optional.empty();
        }

        @Override
        public List<Kept> all(String run, String training) {
            return List.of();
        }

        @Override
        public Optional<Found> find(String name) {
            throw new IllegalStateException(name + ": asked for (expected: a run that begins)");
        }

        @Override
        public void delete(String name) {
            throw new IllegalStateException(name + ": deleted (expected: all are kept)");
        }

        @Override
        public boolean isIntact(String name) {
            throw new IllegalStateException(name + ": asked for (expected: a run that begins)");
        }

        @Override
        public void register(Candidate candidate) {
            String prefix = CheckpointRegistry.name(candidate.run(), candidate.training(), candidate.step());
            candidate.files().forEach((name, file) -> {
                StoredObject found = store.attested(prefix + "/" + name).orElseThrow();
                if (!found.sha256().equals(file.sha256())) {
                    throw new IllegalStateException(
                            name + ": sha256 is " + found.sha256() + " (expected: " + file.sha256() + ")");
                }
            });
            bytesOfOne = candidate.files().values().stream()
                    .mapToLong(SealedFile::size)
                    .sum();
            clock.registered.put((int) candidate.step(), System.nanoTime());
        }
    }

    /** A job that nobody disturbs. */
    private record Job(TrainingRequest request) implements HeldJob {
        @Override
        public TrainingJob begin() {
            return new TrainingJob(
                    "workspaces/default/trainingJobs/bench",
                    request,
                    request.spec(),
                    Optional.empty(),
                    List.of(),
                    TrainingJob.State.RUNNING,
                    Progress.NONE,
                    1,
                    Preflight.planned(0, Long.MAX_VALUE),
                    "",
                    "",
                    Instant.EPOCH,
                    Instant.EPOCH,
                    1,
                    1);
        }

        @Override
        public TrainingJob.State state() {
            return TrainingJob.State.RUNNING;
        }

        @Override
        public TrainingJob checked(Preflight preflight) {
            return begin();
        }

        @Override
        public void resumeFrom(Progress progress) {}

        @Override
        public TrainingJob.State report(Progress progress, List<Measurement> measured, Optional<Measurement> news) {
            return TrainingJob.State.RUNNING;
        }

        @Override
        public void label(String inexact) {}

        @Override
        public Seat openSeats(int workers, String setup) {
            throw new IllegalStateException(workers + " workers (expected: one, which needs no seat)");
        }

        @Override
        public void requireHeld() {}

        @Override
        public void checkpointed(String bestCheckpoint, double bestValidationLoss, long skippedBatches) {}

        @Override
        public void diverged(Divergence divergence) {
            throw new IllegalStateException(divergence.message() + " (expected: a step that is taken)");
        }

        @Override
        public void end(TrainingJob.State end, Progress progress, List<Measurement> measured, String pauseReason) {}

        @Override
        public void fail(String reason, String message) {
            throw new IllegalStateException(reason + ": " + message);
        }
    }
}
