package io.maru.training.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.formats.CorruptFileException;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.data.BatchForm;
import io.maru.model.data.Mixture;
import io.maru.model.device.DeviceOptions;
import io.maru.model.device.DevicePeak;
import io.maru.model.training.Learner;
import io.maru.platform.error.Refusal;
import io.maru.platform.file.Folders;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.Limits;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingCursor;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingPlan;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/*
 * Training is a pure function of (manifest, seed, step).
 *
 *     checkpoint 500 | 501 502 ... 729 X           killed
 *     resumed        | 501 502 ... 729 730 ...     same batches, same weights
 *
 * So whatever interrupts a job - a kill, a lost lease, a pause, a machine that is gone - the worker that takes it up reads
 * the newest checkpoint and goes on, and on a CPU ends with the same bits.
 *
 *     shards --> TokenBatches --> Learner.step --> ProgressReport --> database, Kafka      TrainingAttempt
 *                                     |
 *                              CheckpointWriter --> object store, checkpoint service
 */
/** Trains one job at a time, from its newest checkpoint to its end. */
public final class TrainingLoop {
    private final TrainingBytes bytes;
    private final Datasets datasets;
    private final CheckpointRegistry registry;
    private final Trial trial;
    private final Learners learners;
    private final JobMeters meters;
    private final Limits limits;
    private final Settings settings;

    /**
     * What an operator set.
     *
     * @param workDirectory for shards and for checkpoints on their way
     * @param reportInterval between two looks into the database
     */
    public record Settings(Path workDirectory, DeviceOptions device, Duration reportInterval) {}

    /** @param learners where steps are taken */
    public TrainingLoop(
            TrainingBytes bytes,
            CheckpointRegistry registry,
            Trial trial,
            Learners learners,
            JobMeters meters,
            Limits limits,
            Settings settings) {
        this.bytes = bytes;
        this.datasets = new Datasets(bytes);
        this.registry = registry;
        this.trial = trial;
        this.learners = learners;
        this.meters = meters;
        this.limits = limits;
        this.settings = settings;
    }

    /**
     * Trains until the job has ended, is paused or cancelled.
     *
     * @throws InterruptedException where the service stops or the lease is lost; nothing was written since
     * @throws Refusal where the job must fail
     */
    public void run(HeldJob held) throws InterruptedException, IOException {
        TrainingJob job = held.begin();
        try {
            if (job.state() == TrainingJob.State.CHECKING) {
                job = held.checked(check(held, job));
            }
            Optional<TrainingJob.State> ended = job.state().stopped();
            if (ended.isPresent()) {
                held.end(ended.get(), job.progress(), List.of(), "");
                return;
            }
            List<Long> rolledBack = new ArrayList<>();
            OptionalLong lastBatch = train(held, job, rolledBack);
            while (lastBatch.isPresent()) {
                rolledBack.add(lastBatch.getAsLong());
                lastBatch = train(held, job, rolledBack);
            }
        } catch (UnsupportedModelException e) {
            throw new Refusal(TrainingReason.CHECKPOINT_MISMATCH, e.getMessage(), e);
        } catch (CorruptFileException | TokenizerFormatException e) {
            throw new Refusal(TrainingReason.DATASET_CORRUPT, e.getMessage(), e);
        }
    }

    /** Finds out what the job takes of the machine, once in its life. */
    private Preflight check(HeldJob held, TrainingJob job) throws InterruptedException, IOException {
        if (!trial.isDue(job.preflight())) {
            return job.preflight();
        }
        List<Dataset> all = datasets.read(job.request());
        TrainingPlan plan = plan(job, all);
        ShardCache cache = new ShardCache(bytes, settings.workDirectory().resolve("shards"));
        cache.keepOnly(all);
        try (TokenBatches batches = trainBatches(job, all, plan, cache)) {
            return trial.of(held, job, plan, batches, device(job.request().spec()));
        }
    }

    private TrainingPlan plan(TrainingJob job, List<Dataset> all) {
        return TrainingPlan.of(job.request().spec(), job.init().map(InitialWeights::decoder), all, limits);
    }

    private static TokenBatches trainBatches(TrainingJob job, List<Dataset> all, TrainingPlan plan, ShardCache cache)
            throws IOException {
        return TokenBatches.open(
                all.stream()
                        .map(each -> new TokenBatches.Source(each, each.train()))
                        .toList(),
                cache,
                plan.mixture(),
                plan.config().block(),
                job.request().spec().batch());
    }

    /**
     * @param rolledBack the last batch before each time that the job was rolled back
     * @return the last batch, where it must be rolled back once more
     */
    private OptionalLong train(HeldJob held, TrainingJob job, List<Long> rolledBack)
            throws InterruptedException, IOException {
        List<Dataset> all = datasets.read(job.request());
        Dataset dataset = all.get(0);
        TrainingSpec spec = job.request().spec();
        TrainingPlan plan = plan(job, all);
        int block = plan.config().block();
        ShardCache cache = new ShardCache(bytes, settings.workDirectory().resolve("shards"));
        cache.keepOnly(all);
        BpeTokenizer tokenizer = tokenizer(dataset, cache);
        Path folder = Folders.emptied(settings.workDirectory().resolve("run"));
        try (TokenBatches batches = trainBatches(job, all, plan, cache);
                TokenBatches validation = TokenBatches.open(
                        List.of(new TokenBatches.Source(dataset, dataset.validation())),
                        cache,
                        Mixture.of(plan.validation()),
                        block,
                        spec.batch());
                Start start = start(held, job, all, plan, planes(batches, validation), folder);
                CheckpointWriter writer = new CheckpointWriter(
                        held,
                        bytes,
                        registry,
                        job.request(),
                        unchangingFiles(job, dataset, tokenizer, plan, cache, folder),
                        step -> checkpointFolder(folder, step),
                        spec.keepCheckpoints(),
                        start.progress().lastCheckpoint())) {
            held.resumeFrom(start.progress());
            TrainingCursor cursor = start.cursor();
            for (long lastBatch : rolledBack) {
                // A checkpoint since then knows of it.
                if (lastBatch >= cursor.batch(start.trainer().steps())) {
                    cursor = cursor.without(start.trainer().steps(), lastBatch);
                }
            }
            if (!writer.last().isEmpty()) {
                writer.tidy(start.cursor());
            }
            ProgressReport report = new ProgressReport(
                    held,
                    meters,
                    settings.reportInterval(),
                    System::nanoTime,
                    Clock.systemUTC(),
                    new ProgressReport.Scale(
                            spec.batch() * block,
                            plan.config().flopsPerToken(),
                            spec.workers() * DevicePeak.flopsPerSecond(spec.precision(), device(spec)),
                            ProcessMemory::resident),
                    start.progress());
            TrainingAttempt attempt = new TrainingAttempt(
                    held,
                    job,
                    all,
                    plan,
                    start.trainer(),
                    cursor,
                    new TrainingAttempt.Batches(batches, validation, tokenizer.endOfText()),
                    report,
                    writer,
                    meters);
            TrainingAttempt.Outcome outcome = attempt.run();
            if (outcome instanceof TrainingAttempt.RolledBack back) {
                return OptionalLong.of(back.lastBatch());
            }
            TrainingAttempt.Ended ended = (TrainingAttempt.Ended) outcome;
            held.end(ended.state(), report.progress(writer.last()), report.waiting(), ended.pauseReason());
            return OptionalLong.empty();
        } finally {
            Folders.delete(folder);
        }
    }

    /** Holds a trainer and what had been reached when its weights were saved. */
    private record Start(Learner trainer, Progress progress, TrainingCursor cursor) implements AutoCloseable {
        @Override
        public void close() {
            trainer.close();
        }
    }

    /** Gives the devices of one worker. */
    private DeviceOptions device(TrainingSpec spec) {
        return settings.device().withDevices(spec.devices());
    }

    private Start start(
            HeldJob held, TrainingJob job, List<Dataset> all, TrainingPlan plan, BatchForm.Planes planes, Path folder)
            throws IOException, InterruptedException {
        TrainingSpec spec = job.request().spec();
        TrainerSetup setup = TrainerSetup.of(plan.task().with(planes), plan.options(), device(spec));
        Path resumed = Files.createDirectories(folder.resolve("resumed"));
        Optional<CheckpointReader.Fetched> checkpoint = new CheckpointReader(bytes, registry)
                .newest(job.request().run(), job.request().training(), resumed);
        if (checkpoint.isEmpty()) {
            Learner begun = learners.begin(held, spec.workers(), setup, firstWeights(job, resumed));
            Folders.delete(resumed);
            return new Start(begun, Progress.NONE, TrainingCursor.BEGINNING);
        }
        String name = checkpoint.get().name();
        TrainingState state = checkpoint.get().state();
        state.requireSameRun(name, TrainingState.of(job, all, state.step(), state.validationLoss(), state.cursor()));
        state.inexactFor(spec).ifPresent(held::label);
        Learner trainer = learners.resume(held, spec.workers(), setup, resumed);
        if (trainer.steps() != state.step()) {
            trainer.close();
            throw TrainingReason.CHECKPOINT_MISMATCH.because(
                    "%s: the optimiser's step is %d (expected: %d)", name, trainer.steps(), state.step());
        }
        Folders.delete(resumed);
        Progress before = job.progress();
        return new Start(
                trainer,
                new Progress(state.step(), before.loss(), state.validationLoss(), before.tokensPerSecond(), name),
                state.cursor());
    }

    /** Tells what the trainer's batches need to have, so that it can take those of both splits. */
    private static BatchForm.Planes planes(TokenBatches train, TokenBatches validation) {
        return train.planes() == BatchForm.Planes.NONE ? validation.planes() : train.planes();
    }

    private FirstWeights firstWeights(TrainingJob job, Path folder) {
        if (job.init().isEmpty()) {
            return FirstWeights.of(job.request().spec().seed());
        }
        InitialWeights init = job.init().get();
        Path file = folder.resolve(Learner.MODEL_FILE);
        bytes.fetch(init.name() + "/" + Learner.MODEL_FILE, file, init.weights());
        return new FirstWeights(job.request().spec().seed(), Optional.of(file));
    }

    private static BpeTokenizer tokenizer(Dataset dataset, ShardCache cache) throws IOException {
        BpeTokenizer tokenizer = BpeTokenizer.read(cache.file(dataset, dataset.tokenizer()));
        if (tokenizer.vocabularySize() != dataset.vocabularySize()) {
            throw new CorruptFileException(
                    dataset.key(dataset.tokenizer()),
                    "vocabulary",
                    Integer.toString(tokenizer.vocabularySize()),
                    dataset.vocabularySize() + ", as the manifest tells");
        }
        return tokenizer;
    }

    /** Makes what every checkpoint of the run has besides weights, moments and state, by file name. */
    private static Map<String, Path> unchangingFiles(
            TrainingJob job, Dataset dataset, BpeTokenizer tokenizer, TrainingPlan plan, ShardCache cache, Path folder)
            throws IOException {
        Path config = Files.write(folder.resolve("config.json"), plan.config().toJson());
        Path generation = Files.writeString(
                folder.resolve("generation_config.json"),
                generationConfig(tokenizer.endOfText()),
                StandardCharsets.UTF_8);
        Map<String, Path> files = new HashMap<>(Map.of(
                "config.json",
                config,
                "generation_config.json",
                generation,
                "tokenizer.json",
                cache.file(dataset, dataset.tokenizer()),
                "tokenizer_config.json",
                cache.file(dataset, dataset.tokenizerConfig())));
        Map<String, String> kept = job.init().map(InitialWeights::kept).orElse(Map.of());
        for (Map.Entry<String, String> file : kept.entrySet()) {
            files.put(file.getKey(), Files.writeString(folder.resolve(file.getKey()), file.getValue()));
        }
        return files;
    }

    /** Hugging Face's {@code generation_config.json}: documents end with this token, so generation does too. */
    private static String generationConfig(int endOfText) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("bos_token_id", endOfText);
        json.put("eos_token_id", endOfText);
        return json.toPrettyString();
    }

    private static Path checkpointFolder(Path folder, long step) {
        try {
            return Files.createDirectories(folder.resolve("step-" + step));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
