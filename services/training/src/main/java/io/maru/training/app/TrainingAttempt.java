package io.maru.training.app;

import io.maru.model.data.Batch;
import io.maru.model.training.DivergedException;
import io.maru.model.training.Learner;
import io.maru.model.training.StepResult;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.Divergence;
import io.maru.training.domain.TrainingCursor;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingJob.State;
import io.maru.training.domain.TrainingPlan;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.domain.TrainingState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/*
 * What happens where there is no number, or a spike. The trainer has not taken the step, so the weights are those before it:
 *
 *     step 7, batch 6 refused | PAUSE   a checkpoint of step 6, and batch 6 again when somebody resumes
 *                             | SKIP    step 7 on batch 7: one bad batch costs nothing more
 *                             | FAIL
 *
 * Several in a row are no fault of the batches: an earlier step has spoilt the weights. So is a validation without a number.
 * Then SKIP goes back to the newest checkpoint and leaves out all batches since, as A. Chowdhery and others did, "PaLM:
 * Scaling Language Modeling with Pathways", 2022. No checkpoint is sent before its weights have given a finite loss, so the
 * newest one is a good one. On the validation split, where that is measured anyway or no step follows; else the next step
 * tells, which costs nothing:
 *
 *     step 500, hold | step 501: loss 3.2     | send
 *                    | step 501 not taken: validate a batch | send, or drop: the weights of step 500 are spoilt
 */
/** Takes the steps of one worker at a job, until it ends, pauses, or must begin again. For one thread. */
final class TrainingAttempt {
    private static final System.Logger log = System.getLogger(TrainingAttempt.class.getName());
    private static final Duration PATIENCE = Duration.ofMillis(200);
    /** Steps in a row that are not taken, and then the weights are to blame. */
    static final int MAX_SKIPS_IN_A_ROW = 3;

    private static final int MAX_TOLD_ROWS = 64;

    private final HeldJob held;
    private final TrainingJob job;
    private final TrainingSpec spec;
    private final List<Dataset> datasets;
    private final TrainingPlan plan;
    private final Learner trainer;
    private final Batches batches;
    private final ProgressReport report;
    private final CheckpointWriter writer;
    private final JobMeters meters;
    private TrainingCursor cursor;
    private long saved;

    /** @param endOfText the token after each document */
    record Batches(TokenBatches train, TokenBatches validation, int endOfText) {}

    /** Tells how the attempt came to an end. */
    sealed interface Outcome {}

    /**
     * @param state SUCCEEDED, PAUSED or CANCELLED; the last checkpoint is registered by then
     * @param pauseReason empty where it did not pause by itself
     */
    record Ended(State state, String pauseReason) implements Outcome {}

    /** To begin again from the newest checkpoint, without the batches up to this one. */
    record RolledBack(long lastBatch) implements Outcome {}

    TrainingAttempt(
            HeldJob held,
            TrainingJob job,
            List<Dataset> datasets,
            TrainingPlan plan,
            Learner trainer,
            TrainingCursor cursor,
            Batches batches,
            ProgressReport report,
            CheckpointWriter writer,
            JobMeters meters) {
        this.held = held;
        this.job = job;
        this.spec = job.request().spec();
        this.datasets = datasets;
        this.plan = plan;
        this.trainer = trainer;
        this.cursor = cursor;
        this.batches = batches;
        this.report = report;
        this.writer = writer;
        this.meters = meters;
        this.saved = trainer.steps();
    }

    Outcome run() throws InterruptedException {
        while (!isOver()) {
            Optional<Outcome> outcome = advance();
            if (outcome.isPresent()) {
                return outcome.get();
            }
        }
        return new Ended(awaitIdle(State.SUCCEEDED), "");
    }

    private boolean isOver() {
        return trainer.steps() >= spec.steps() || cursor.isStalled(spec.earlyStop());
    }

    private Optional<Outcome> advance() throws InterruptedException {
        long batch = cursor.batch(trainer.steps());
        try {
            step(batch);
        } catch (DivergedException e) {
            return notTaken(batch, e);
        }
        if (writer.isHolding()) {
            writer.send();
        }
        long step = trainer.steps();
        OptionalDouble measured = OptionalDouble.empty();
        if (step == spec.steps() || step % spec.validateEvery() == 0) {
            measured = OptionalDouble.of(validationLoss(plan.validationBatches()));
            if (!Double.isFinite(measured.getAsDouble())) {
                return spoilt(batch, measured.getAsDouble());
            }
            report.validated(measured.getAsDouble());
            cursor = cursor.validated(step, measured.getAsDouble());
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted after step " + step);
        }
        State end = State.SUCCEEDED;
        if (report.isDue() || isOver()) {
            // Not to wait, but to hear of a checkpoint that was registered, or refused.
            writer.awaitIdle(Duration.ZERO);
            end = report.send(writer.last()).stopped().orElse(end);
        }
        if (end == State.CANCELLED) {
            return Optional.of(new Ended(end, ""));
        }
        boolean best = spec.savesTheBest() && cursor.bestStep() == step;
        if (isOver() || best || step % spec.checkpointEvery() == 0 || end == State.PAUSED) {
            boolean last = isOver() || end == State.PAUSED;
            if (last && measured.isEmpty()) {
                double probed = validationLoss(1);
                if (!Double.isFinite(probed)) {
                    return spoilt(batch, probed);
                }
            }
            end = save(measured, last || measured.isPresent(), end);
        }
        if (end == State.CANCELLED || end == State.PAUSED && !isOver()) {
            return Optional.of(new Ended(end == State.CANCELLED ? end : awaitIdle(end), ""));
        }
        return Optional.empty();
    }

    private void step(long batch) {
        long began = System.nanoTime();
        float rate = plan.learningRate().at(trainer.steps());
        Batch tokens = batches.train().read(batch);
        long read = System.nanoTime();
        StepResult result = trainer.step(tokens, rate, cursor.lossLimit(spec.spikeFactor()));
        report.stepped(result, rate, System.nanoTime() - began, read - began);
        cursor = cursor.stepped(result.loss());
    }

    /** Mean over the targets of the first batches of the validation split, the same each time, in nats per token. */
    private double validationLoss(int limit) {
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < limit; i++) {
            Batch batch = batches.validation().read(i);
            // Where all targets count alike, so do all batches.
            double counts = batch.weights().isPresent() ? batch.totalWeight() : 1;
            // A batch from which nothing is learnt has no loss.
            sum += counts == 0 ? 0 : trainer.validate(batch) * counts;
            weight += counts;
        }
        return sum / weight;
    }

    /** Decides what follows a step that was not taken. The weights are good, as far as is known. */
    private Optional<Outcome> notTaken(long batch, DivergedException why) throws InterruptedException {
        if (writer.isHolding()) {
            double probed = validationLoss(1);
            if (!Double.isFinite(probed)) {
                writer.drop();
                return spoilt(cursor.batch(trainer.steps() - 1), probed);
            }
            writer.send();
        }
        Divergence.Action action =
                switch (spec.onDivergence()) {
                    case PAUSE -> Divergence.Action.PAUSED;
                    case FAIL -> Divergence.Action.FAILED;
                    case SKIP -> {
                        if (!cursor.maySkipMore()) {
                            yield Divergence.Action.FAILED;
                        }
                        yield cursor.skipsInARow(trainer.steps()) + 1 < MAX_SKIPS_IN_A_ROW
                                ? Divergence.Action.SKIPPED
                                : Divergence.Action.ROLLED_BACK;
                    }
                };
        Divergence divergence = divergence(
                why.step(), batch, why.loss(), why.gradientNorm(), action, why.getMessage() + "; batch " + batch);
        if (action == Divergence.Action.SKIPPED) {
            tell(divergence);
            cursor = cursor.without(trainer.steps(), batch);
            return Optional.empty();
        }
        State end = State.PAUSED;
        if (action == Divergence.Action.PAUSED && saved < trainer.steps() && Double.isFinite(validationLoss(1))) {
            end = save(OptionalDouble.empty(), true, end);
        }
        return Optional.of(stopped(divergence, end));
    }

    /** Decides what follows a step that was taken, and left weights of no use. */
    private Optional<Outcome> spoilt(long batch, double validationLoss) throws InterruptedException {
        Divergence.Action action =
                switch (spec.onDivergence()) {
                    case PAUSE -> Divergence.Action.PAUSED;
                    case FAIL -> Divergence.Action.FAILED;
                    case SKIP -> cursor.maySkipMore() ? Divergence.Action.ROLLED_BACK : Divergence.Action.FAILED;
                };
        String message = String.format(
                Locale.ROOT,
                "step %d: validation loss %s (expected: a finite number); batch %d",
                trainer.steps(),
                validationLoss,
                batch);
        return Optional.of(
                stopped(divergence(trainer.steps(), batch, validationLoss, 0, action, message), State.PAUSED));
    }

    private Divergence divergence(
            long step, long batch, double loss, double gradientNorm, Divergence.Action action, String message) {
        float limit = cursor.lossLimit(spec.spikeFactor());
        return new Divergence(
                step,
                batch,
                loss,
                gradientNorm,
                limit == Float.MAX_VALUE ? 0 : limit,
                batches.train().documents(batch, batches.endOfText(), MAX_TOLD_ROWS),
                action,
                message);
    }

    private Outcome stopped(Divergence divergence, State end) throws InterruptedException {
        State idle = end == State.CANCELLED ? end : awaitIdle(end);
        if (idle == State.CANCELLED) {
            return new Ended(idle, "");
        }
        tell(divergence);
        return switch (divergence.action()) {
            case PAUSED -> new Ended(State.PAUSED, divergence.message());
            case ROLLED_BACK -> new RolledBack(divergence.batch());
            case FAILED -> throw TrainingReason.TRAINING_DIVERGED.because("%s", divergence.message());
            case SKIPPED -> throw new IllegalStateException("a batch that is left out stops nothing");
        };
    }

    private void tell(Divergence divergence) {
        log.log(System.Logger.Level.WARNING, "{0}: {1}: {2}", job.name(), divergence.action(), divergence.message());
        held.diverged(divergence);
    }

    /**
     * Holds a checkpoint once none other is on its way.
     *
     * @param measured on these very weights
     * @param good whether the weights gave a finite loss: then it is sent, else the next step tells
     * @param end where all is well
     * @return CANCELLED where the job was cancelled meanwhile, and nothing is held
     */
    private State save(OptionalDouble measured, boolean good, State end) throws InterruptedException {
        if (awaitIdle(end) == State.CANCELLED) {
            return State.CANCELLED;
        }
        long began = System.nanoTime();
        double validationLoss = report.progress(writer.last()).validationLoss();
        writer.hold(
                trainer, TrainingState.of(job, datasets, trainer.steps(), validationLoss, cursor), measured.orElse(0));
        if (good) {
            writer.send();
        }
        saved = trainer.steps();
        meters.checkpointed((System.nanoTime() - began) / 1e9);
        return end;
    }

    /** Waits for a checkpoint that is on its way, unless the job is cancelled meanwhile. */
    private State awaitIdle(State end) throws InterruptedException {
        while (!writer.awaitIdle(PATIENCE)) {
            if (report.isDue() && report.send(writer.last()) == State.CANCELLING) {
                return State.CANCELLED;
            }
        }
        return end;
    }
}
