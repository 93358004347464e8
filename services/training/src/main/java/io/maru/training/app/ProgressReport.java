package io.maru.training.app;

import io.maru.model.training.StepResult;
import io.maru.platform.error.Faults;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/**
 * Thins what a fast loop measures to what a database and a topic should see: a row for each report and each validation,
 * and less often a fact. While the database is down the rows wait here, and training goes on.
 */
final class ProgressReport {
    private static final System.Logger log = System.getLogger(ProgressReport.class.getName());
    private static final Duration NEWS_INTERVAL = Duration.ofSeconds(1);
    /** What waits while the database is down; older rows are dropped, since only a picture of the loss is lost. */
    private static final int MAX_WAITING = 1_000;

    private final HeldJob held;
    private final JobMeters meters;
    private final Duration interval;
    private final LongSupplier nanoTime;
    private final Clock clock;
    private final Scale scale;
    private final List<Measurement> waiting = new ArrayList<>();

    private Optional<Measurement> news = Optional.empty();
    private Progress progress;
    private TrainingJob.State state = TrainingJob.State.RUNNING;
    private StepResult result;
    private float learningRate;
    private float minLoss;
    private float maxLoss;
    private long steps;
    private long nanos;
    private long waited;
    private long lastReport;
    private long lastNews;

    /**
     * By what a step's cost is told.
     *
     * @param stepTokens tokens of one step, B * T
     * @param tokenFlops floating-point operations of a step for each of its tokens
     * @param peakFlops operations per second that the device reaches; 0 where that is not known
     * @param residentBytes of this process, now
     */
    record Scale(int stepTokens, long tokenFlops, double peakFlops, LongSupplier residentBytes) {
        Measurement.Cost cost(double tokensPerSecond, double stepSeconds, double dataWaitSeconds) {
            double flops = tokensPerSecond * tokenFlops;
            return new Measurement.Cost(
                    flops,
                    peakFlops == 0 ? 0 : flops / peakFlops,
                    stepSeconds,
                    dataWaitSeconds,
                    residentBytes.getAsLong());
        }
    }

    ProgressReport(
            HeldJob held,
            JobMeters meters,
            Duration interval,
            LongSupplier nanoTime,
            Clock clock,
            Scale scale,
            Progress progress) {
        this.held = held;
        this.meters = meters;
        this.interval = interval;
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.scale = scale;
        this.progress = progress;
        this.lastReport = nanoTime.getAsLong();
        this.lastNews = lastReport - NEWS_INTERVAL.toNanos();
    }

    /**
     * @param took nanoseconds of this step
     * @param forData nanoseconds of these for reading the batch
     */
    void stepped(StepResult step, float rate, long took, long forData) {
        result = step;
        learningRate = rate;
        minLoss = steps == 0 ? step.loss() : Math.min(minLoss, step.loss());
        maxLoss = steps == 0 ? step.loss() : Math.max(maxLoss, step.loss());
        steps++;
        nanos += took;
        waited += forData;
        progress = new Progress(
                step.step(),
                step.loss(),
                progress.validationLoss(),
                progress.tokensPerSecond(),
                progress.lastCheckpoint());
        meters.stepped();
    }

    /** Measures the step just taken, which ended with a validation. */
    void validated(double loss) {
        measure(OptionalDouble.of(loss));
    }

    boolean isDue() {
        return nanoTime.getAsLong() - lastReport >= interval.toNanos();
    }

    /** How far the job has come, by the last step or validation. */
    Progress progress(String lastCheckpoint) {
        return new Progress(
                progress.step(),
                progress.loss(),
                progress.validationLoss(),
                progress.tokensPerSecond(),
                lastCheckpoint);
    }

    /** What was measured and not yet written. */
    List<Measurement> waiting() {
        return List.copyOf(waiting);
    }

    /** Writes what there is, and tells the job's state as far as it is known. */
    TrainingJob.State send(String lastCheckpoint) {
        if (steps > 0) {
            measure(OptionalDouble.empty());
        }
        long now = nanoTime.getAsLong();
        boolean tells = now - lastNews >= NEWS_INTERVAL.toNanos();
        lastReport = now;
        try {
            state = held.report(progress(lastCheckpoint), waiting(), tells ? news : Optional.empty());
        } catch (RuntimeException e) {
            if (!Faults.isTransient(e)) {
                throw e;
            }
            log.log(
                    System.Logger.Level.WARNING,
                    "the progress of step {0} waits: {1}",
                    progress.step(),
                    e.getMessage());
            return state;
        }
        waiting.clear();
        if (tells && news.isPresent()) {
            news = Optional.empty();
            lastNews = now;
        }
        return state;
    }

    private void measure(OptionalDouble validationLoss) {
        double rate = nanos == 0 ? progress.tokensPerSecond() : (double) steps * scale.stepTokens() * 1e9 / nanos;
        double perStep = 1e-9 / Math.max(1, steps);
        Measurement measurement = new Measurement(
                result.step(),
                result.loss(),
                minLoss,
                maxLoss,
                learningRate,
                result.gradientNorm(),
                rate,
                scale.cost(rate, nanos * perStep, waited * perStep),
                validationLoss,
                clock.instant());
        steps = 0;
        nanos = 0;
        waited = 0;
        if (waiting.size() == MAX_WAITING) {
            waiting.remove(0);
        }
        waiting.add(measurement);
        // Between two facts a validation is worth more than a later loss.
        if (validationLoss.isPresent()
                || news.isEmpty()
                || news.get().validationLoss().isEmpty()) {
            news = Optional.of(measurement);
        }
        progress = new Progress(
                progress.step(),
                progress.loss(),
                validationLoss.orElse(progress.validationLoss()),
                rate,
                progress.lastCheckpoint());
        meters.measured(measurement);
    }
}
