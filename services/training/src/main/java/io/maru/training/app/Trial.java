package io.maru.training.app;

import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm;
import io.maru.model.device.DeviceOptions;
import io.maru.model.training.DivergedException;
import io.maru.model.training.TrainingTask;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingPlan;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/*
 * What a job takes is worked out before it is queued, and seen before it runs:
 *
 *     this thread      | start        look ... look ... look ...      | what it took
 *     trial's thread   |   first step | second step, on the clock     |
 *     other process    |   the job's own batches, from its own seed   X  nothing of it is kept
 *
 * Of a job of several workers one is tried, alone with its share of each batch: what they would say to each other is not.
 *
 * Memory that runs out ends the other process, and not this one.
 */
/** Takes the first two steps of a job in a process of their own, and tells what they took. */
public final class Trial {
    private static final Duration LOOK = Duration.ofMillis(50);

    private final TrialTrainers trainers;
    private final Settings settings;

    /**
     * What an operator set.
     *
     * @param memory bytes that a process which trains may take
     * @param limit of a whole trial; zero for none, which leaves jobs untried
     * @param stateInterval between two looks into the database
     */
    public record Settings(long memory, Duration limit, Duration stateInterval) {}

    public Trial(TrialTrainers trainers, Settings settings) {
        this.trainers = trainers;
        this.settings = settings;
    }

    /** Whether a job is yet to be tried. */
    boolean isDue(Preflight preflight) {
        return !settings.limit().isZero() && !preflight.wasTried();
    }

    /**
     * What the steps took; what was known before where the job is to pause or end meanwhile.
     *
     * @throws io.maru.platform.error.Refusal JOB_TOO_LARGE, JOB_TOO_SLOW
     */
    Preflight of(HeldJob held, TrainingJob job, TrainingPlan plan, TokenBatches batches, DeviceOptions device)
            throws InterruptedException, IOException {
        TrainingSpec spec = job.request().spec();
        ExecutorService thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "trial"));
        // An answer may take longer than the trial, so that it is the trial that runs out of time.
        try (TrialTrainer trainer = trainers.start(settings.limit().multipliedBy(2))) {
            int workers = spec.workers();
            List<Batch> first = List.of(share(batches.read(0), workers), share(batches.read(1), workers));
            Future<Double> seconds = thread.submit(() -> steps(trainer, spec, plan, first, batches.planes(), device));
            long began = System.nanoTime();
            long looked = began;
            long peak = 0;
            while (true) {
                OptionalDouble took = answer(seconds, job, plan, peak);
                peak = Math.max(peak, trainer.peakBytes());
                if (peak > settings.memory()) {
                    throw tooLarge(job, plan, peak, "killed");
                }
                if (took.isPresent()) {
                    return new Preflight(plan.plannedBytes(), settings.memory(), 0, 0, 0)
                            .tried(peak, took.getAsDouble(), spec.steps());
                }
                long now = System.nanoTime();
                if (now - began > settings.limit().toNanos()) {
                    throw TrainingReason.JOB_TOO_SLOW.because(
                            "batch: two steps of %d sequences of %d tokens were not done after %d s (expected: less)",
                            spec.batch(),
                            plan.config().block(),
                            settings.limit().toSeconds());
                }
                if (now - looked > settings.stateInterval().toNanos()) {
                    looked = now;
                    if (held.state() != TrainingJob.State.CHECKING) {
                        return job.preflight();
                    }
                }
            }
        } finally {
            thread.shutdownNow();
        }
    }

    /** The seconds of a step, or nothing yet. */
    private OptionalDouble answer(Future<Double> seconds, TrainingJob job, TrainingPlan plan, long peak)
            throws InterruptedException {
        try {
            return OptionalDouble.of(seconds.get(LOOK.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return OptionalDouble.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TrainerLostException lost && lost.ranOutOfMemory()) {
                throw tooLarge(job, plan, peak, lost.getMessage());
            }
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Seconds of the last of some steps. */
    private static double steps(
            TrialTrainer trainer,
            TrainingSpec spec,
            TrainingPlan plan,
            List<Batch> batches,
            BatchForm.Planes planes,
            DeviceOptions device) {
        int rows = spec.batch() / spec.workers();
        TrainingTask task = plan.task().withRows(rows).with(planes);
        trainer.begin(TrainerSetup.of(task, plan.options(), device), spec.seed());
        long began = 0;
        for (int step = 0; step < batches.size(); step++) {
            Batch batch = batches.get(step);
            if (step == batches.size() - 1) {
                trainer.hold();
            }
            began = System.nanoTime();
            try {
                trainer.step(batch, plan.learningRate().at(step));
            } catch (DivergedException e) {
                // It took what it takes; what to do about such numbers is for the training to say.
            }
        }
        return (System.nanoTime() - began) / 1e9;
    }

    /** As much of a batch as one of the workers has of it. */
    private static Batch share(Batch batch, int workers) {
        return batch.first(batch.ids().length / workers);
    }

    /** @param end what became of the process */
    private RuntimeException tooLarge(TrainingJob job, TrainingPlan plan, long peak, String end) {
        TrainingSpec spec = job.request().spec();
        return TrainingReason.JOB_TOO_LARGE.because(
                "batch: two steps of %d sequences of %d tokens, %d at a time, took %d bytes of memory and more: %s"
                        + " (expected: at most %d, by a smaller batch or a larger accumulation)",
                spec.batch(),
                plan.config().block(),
                spec.batch() / spec.accumulation() / spec.workers(),
                peak,
                end,
                settings.memory());
    }
}
