package io.maru.training.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.formats.CorruptFileException;
import io.maru.model.DeviceOptions;
import io.maru.model.DivergedException;
import io.maru.model.Learner;
import io.maru.model.StepResult;
import io.maru.model.UnsupportedModelException;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.Limits;
import io.maru.training.domain.Progress;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/*
 * Training is a pure function of (manifest, seed, step).
 *
 *     checkpoint 500 | 501 502 ... 729 X           killed
 *     resumed        | 501 502 ... 729 730 ...     same batches, same weights
 *
 * So whatever interrupts a job - a kill, a lost lease, a pause, a machine that is gone - the worker that takes it up reads
 * the newest checkpoint and goes on, and on a CPU ends with the same bits.
 *
 *     shards --> TokenBatches --> Learner.step --> ProgressReport --> database, Kafka
 *                                     |
 *                              CheckpointWriter --> object store, checkpoint service
 */
/** Trains one job at a time, from its newest checkpoint to its end. */
public final class TrainingLoop {
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final TrainingBytes bytes;
    private final Datasets datasets;
    private final CheckpointRegistry registry;
    private final Learners learners;
    private final TrainingMeters meters;
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
            Learners learners,
            TrainingMeters meters,
            Limits limits,
            Settings settings) {
        this.learners = learners;
        this.bytes = bytes;
        this.datasets = new Datasets(bytes);
        this.registry = registry;
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
        Optional<TrainingJob.State> ended = endOf(job.state());
        if (ended.isPresent()) {
            held.end(ended.get(), job.progress(), List.of());
            return;
        }
        try {
            train(held, job);
        } catch (DivergedException e) {
            throw new Refusal(TrainingReason.TRAINING_DIVERGED, e.getMessage(), e);
        } catch (UnsupportedModelException e) {
            throw new Refusal(TrainingReason.CHECKPOINT_MISMATCH, e.getMessage(), e);
        } catch (CorruptFileException | TokenizerFormatException e) {
            throw new Refusal(TrainingReason.DATASET_CORRUPT, e.getMessage(), e);
        }
    }

    private void train(HeldJob held, TrainingJob job) throws InterruptedException, IOException {
        Dataset dataset = datasets.read(job.request().dataset());
        TrainingSpec spec = job.request().training();
        TrainingPlan plan = TrainingPlan.of(job.request().model(), spec, dataset, limits);
        int block = plan.config().block();
        ShardCache cache = new ShardCache(bytes, settings.workDirectory().resolve("shards"));
        cache.keepOnly(dataset);
        Path folder = Folders.emptied(settings.workDirectory().resolve("run"));
        try (TokenBatches batches =
                        TokenBatches.open(dataset, dataset.train(), cache, plan.train(), block, spec.batch());
                TokenBatches validation = TokenBatches.open(
                        dataset, dataset.validation(), cache, plan.validation(), block, spec.batch());
                Start start = start(held, job, dataset, plan, folder);
                CheckpointWriter writer = new CheckpointWriter(
                        held,
                        bytes,
                        registry,
                        job.request().run(),
                        dataset.name(),
                        unchangingFiles(dataset, plan, cache, folder),
                        step -> checkpointFolder(folder, step),
                        start.progress().lastCheckpoint())) {
            held.resumeFrom(start.progress());
            ProgressReport report = new ProgressReport(
                    held,
                    meters,
                    settings.reportInterval(),
                    System::nanoTime,
                    Clock.systemUTC(),
                    spec.batch() * block,
                    start.progress());
            TrainingJob.State end = steps(job, dataset, plan, start.trainer(), batches, validation, report, writer);
            held.end(end, report.progress(writer.last()), report.waiting());
        } finally {
            Folders.delete(folder);
        }
    }

    /** SUCCEEDED, PAUSED or CANCELLED; the last checkpoint is registered by then. */
    private TrainingJob.State steps(
            TrainingJob job,
            Dataset dataset,
            TrainingPlan plan,
            Learner trainer,
            TokenBatches batches,
            TokenBatches validation,
            ProgressReport report,
            CheckpointWriter writer)
            throws InterruptedException, IOException {
        TrainingSpec spec = job.request().training();
        long saved = trainer.steps();
        TrainingJob.State end = TrainingJob.State.SUCCEEDED;
        while (trainer.steps() < spec.steps() && end == TrainingJob.State.SUCCEEDED) {
            step(plan, trainer, batches, report);
            long step = trainer.steps();
            boolean last = step == spec.steps();
            if (last || step % spec.validateEvery() == 0) {
                report.validated(validate(plan, trainer, validation));
            }
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted after step " + step);
            }
            if (report.isDue() || last) {
                // Not to wait, but to hear of a checkpoint that was registered, or refused.
                writer.awaitIdle(Duration.ZERO);
                end = endOf(report.send(writer.last())).orElse(end);
            }
            boolean due = last || step % spec.checkpointEvery() == 0 || end == TrainingJob.State.PAUSED;
            if (due && end != TrainingJob.State.CANCELLED) {
                end = awaitIdle(writer, report, end);
                if (end != TrainingJob.State.CANCELLED) {
                    long began = System.nanoTime();
                    double loss = report.progress(writer.last()).validationLoss();
                    writer.write(trainer, TrainingState.of(job.request(), dataset, step, loss));
                    meters.checkpointed((System.nanoTime() - began) / 1e9);
                    saved = step;
                }
            }
        }
        if (end == TrainingJob.State.PAUSED && trainer.steps() == spec.steps()) {
            end = TrainingJob.State.SUCCEEDED;
        }
        if (saved < trainer.steps() && end != TrainingJob.State.CANCELLED) {
            throw new IllegalStateException("step " + trainer.steps() + " is not saved (expected: saved)");
        }
        return end == TrainingJob.State.CANCELLED ? end : awaitIdle(writer, report, end);
    }

    private static void step(TrainingPlan plan, Learner trainer, TokenBatches batches, ProgressReport report) {
        long began = System.nanoTime();
        long step = trainer.steps();
        float rate = plan.learningRate().at(step);
        TokenBatches.Batch batch = batches.read(step);
        StepResult result = trainer.step(batch.inputs(), batch.targets(), rate);
        report.stepped(result, rate, System.nanoTime() - began);
    }

    /** Mean loss over the same batches each time, in nats per token. */
    private static double validate(TrainingPlan plan, Learner trainer, TokenBatches validation) {
        double sum = 0;
        for (int i = 0; i < plan.validationBatches(); i++) {
            TokenBatches.Batch batch = validation.read(i);
            sum += trainer.validate(batch.inputs(), batch.targets());
        }
        double loss = sum / plan.validationBatches();
        if (!Double.isFinite(loss)) {
            throw TrainingReason.TRAINING_DIVERGED.because(
                    "step %d: validation loss %s (expected: a finite number)", trainer.steps(), loss);
        }
        return loss;
    }

    /** Waits for a checkpoint that is on its way, unless the job is cancelled meanwhile. */
    private static TrainingJob.State awaitIdle(CheckpointWriter writer, ProgressReport report, TrainingJob.State end)
            throws InterruptedException {
        while (!writer.awaitIdle(PATIENCE)) {
            if (report.isDue() && report.send(writer.last()) == TrainingJob.State.CANCELLING) {
                return TrainingJob.State.CANCELLED;
            }
        }
        return end;
    }

    private static Optional<TrainingJob.State> endOf(TrainingJob.State state) {
        return switch (state) {
            case PAUSING -> Optional.of(TrainingJob.State.PAUSED);
            case CANCELLING -> Optional.of(TrainingJob.State.CANCELLED);
            case PENDING, RUNNING, PAUSED, SUCCEEDED, FAILED, CANCELLED -> Optional.empty();
        };
    }

    /** A trainer and what had been reached when its weights were saved. */
    private record Start(Learner trainer, Progress progress) implements AutoCloseable {
        @Override
        public void close() {
            trainer.close();
        }
    }

    private Start start(HeldJob held, TrainingJob job, Dataset dataset, TrainingPlan plan, Path folder)
            throws IOException, InterruptedException {
        TrainingSpec spec = job.request().training();
        TrainerSetup setup = TrainerSetup.of(
                plan.config(),
                plan.adamW(),
                spec.batch(),
                plan.options(),
                settings.device().withDevices(spec.devices()));
        Path resumed = Files.createDirectories(folder.resolve("resumed"));
        Optional<CheckpointReader.Fetched> checkpoint =
                new CheckpointReader(bytes, registry).newest(job.request().run(), resumed);
        if (checkpoint.isEmpty()) {
            return new Start(learners.begin(held, spec.workers(), setup, spec.seed()), Progress.NONE);
        }
        String name = checkpoint.get().name();
        TrainingState state = checkpoint.get().state();
        state.requireSameRun(name, TrainingState.of(job.request(), dataset, state.step(), state.validationLoss()));
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
                new Progress(state.step(), before.loss(), state.validationLoss(), before.tokensPerSecond(), name));
    }

    /** What every checkpoint of the run has besides weights, moments and state, by file name. */
    private static Map<String, Path> unchangingFiles(Dataset dataset, TrainingPlan plan, ShardCache cache, Path folder)
            throws IOException {
        Path tokenizer = cache.file(dataset, dataset.tokenizer());
        Path config = Files.write(folder.resolve("config.json"), plan.config().toJson());
        Path generation = Files.writeString(
                folder.resolve("generation_config.json"),
                generationConfig(BpeTokenizer.read(tokenizer).endOfText()),
                StandardCharsets.UTF_8);
        return Map.of(
                "config.json", config,
                "generation_config.json", generation,
                "tokenizer.json", tokenizer,
                "tokenizer_config.json", cache.file(dataset, dataset.tokenizerConfig()));
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
