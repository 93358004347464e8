package io.maru.training.app;

import io.maru.training.domain.Divergence;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/** A job whose caller does something at a step: changes the state, or takes the lease away by throwing. */
final class ScriptedJob implements HeldJob {
    final List<Measurement> measured = new ArrayList<>();
    final List<Measurement> news = new ArrayList<>();
    final List<Divergence> divergences = new ArrayList<>();
    /** Written by the checkpoint writer's thread, read when the loop has ended. */
    volatile String bestCheckpoint = "";

    volatile double bestValidationLoss;
    volatile long skippedBatches;
    String pauseReason = "";
    Progress progress = Progress.NONE;
    TrainingJob.State state;
    Progress resumed;
    Preflight preflight = Preflight.planned(1, 1);
    String inexact = "";
    Optional<InitialWeights> init = Optional.empty();
    private final TrainingRequest request;
    private final LongFunction<TrainingJob.State> script;

    /** @param script tells the state at each report's step */
    ScriptedJob(TrainingRequest request, TrainingJob.State state, LongFunction<TrainingJob.State> script) {
        this.request = request;
        this.state = state;
        this.script = script;
    }

    static ScriptedJob undisturbed(TrainingRequest request) {
        return new ScriptedJob(request, TrainingJob.State.RUNNING, step -> TrainingJob.State.RUNNING);
    }

    @Override
    public TrainingJob begin() {
        state = state == TrainingJob.State.PENDING ? TrainingJob.State.CHECKING : state;
        return job();
    }

    @Override
    public TrainingJob.State state() {
        TrainingJob.State wished = script.apply(progress.step());
        // To go on is no command.
        state = wished == TrainingJob.State.RUNNING ? state : wished;
        return state;
    }

    @Override
    public TrainingJob checked(Preflight found) {
        preflight = found;
        state = state == TrainingJob.State.CHECKING ? TrainingJob.State.RUNNING : state;
        return job();
    }

    private TrainingJob job() {
        return new TrainingJob(
                "trainingJobs/j",
                request,
                request.spec(),
                init,
                List.of(),
                state,
                progress,
                1,
                preflight,
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
    }

    @Override
    public void resumeFrom(Progress from) {
        resumed = from;
        progress = from;
        measured.removeIf(measurement -> measurement.step() > from.step());
    }

    @Override
    public TrainingJob.State report(Progress now, List<Measurement> more, Optional<Measurement> fact) {
        state = script.apply(now.step());
        progress = now;
        measured.addAll(more);
        fact.ifPresent(news::add);
        return state;
    }

    @Override
    public void label(String why) {
        inexact = why;
    }

    @Override
    public Seat openSeats(int workers, String setup) {
        throw new IllegalStateException("seats: " + workers + " (expected: a job of one worker)");
    }

    @Override
    public void requireHeld() {}

    @Override
    public void checkpointed(String best, double loss, long skipped) {
        bestCheckpoint = best;
        bestValidationLoss = loss;
        skippedBatches = skipped;
    }

    @Override
    public void diverged(Divergence divergence) {
        divergences.add(divergence);
    }

    @Override
    public void end(TrainingJob.State end, Progress now, List<Measurement> more, String reason) {
        state = end;
        pauseReason = reason;
        progress = now;
        measured.addAll(more);
    }

    @Override
    public void fail(String reason, String message) {
        state = TrainingJob.State.FAILED;
    }
}
