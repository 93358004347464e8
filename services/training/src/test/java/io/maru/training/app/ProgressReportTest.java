package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.grpc.Status;
import io.maru.model.training.StepResult;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Progress;
import io.maru.training.domain.Specs;
import io.maru.training.domain.TrainingJob.State;
import io.maru.training.domain.TrainingRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ProgressReportTest {
    private static final TrainingRequest REQUEST =
            Specs.request("runs/a", "datasets/a", Specs.spec(Specs.TINY, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), "");

    private final AtomicBoolean down = new AtomicBoolean();
    private final ScriptedJob job = new ScriptedJob(REQUEST, State.RUNNING, step -> {
        if (down.get()) {
            throw Status.UNAVAILABLE.asRuntimeException();
        }
        return State.RUNNING;
    });
    private long millis;
    private final ProgressReport report = new ProgressReport(
            job,
            new NoMeters(),
            Duration.ofMillis(500),
            () -> TimeUnit.MILLISECONDS.toNanos(millis),
            Clock.systemUTC(),
            new ProgressReport.Scale(768, 1_000_000, 1e11, () -> 4096),
            Progress.NONE);

    @Test
    void writesTwoRowsASecondOfAHundredSteps() {
        train(1, 100, 0);

        assertThat(job.measured).extracting(Measurement::step).containsExactly(25L, 50L, 75L, 100L);
        // 25 steps of 768 tokens in 500 ms.
        assertThat(job.measured)
                .allSatisfy(row -> assertThat(row.tokensPerSecond()).isEqualTo(38_400));
        assertThat(job.news).extracting(Measurement::step).containsExactly(25L, 75L);
    }

    @Test
    void tellsWhatAStepCosts() {
        train(1, 25, 0);

        Measurement.Cost cost = job.measured.get(0).cost();
        // 38,400 tokens a second of a million operations each; a device of 1e11.
        assertThat(cost.flopsPerSecond()).isEqualTo(3.84e10);
        assertThat(cost.mfu()).isEqualTo(0.384, within(1e-12));
        assertThat(cost.stepSeconds()).isEqualTo(0.020, within(1e-12));
        assertThat(cost.dataWaitSeconds()).isEqualTo(50e-6, within(1e-12));
        assertThat(cost.memoryBytes()).isEqualTo(4096);
    }

    @Test
    void keepsALossThatNoRowStandsAt() {
        train(1, 75, 0);

        assertThat(job.measured).extracting(Measurement::loss).containsExactly(1.5, 1.5, 1.5);
        assertThat(job.measured).extracting(Measurement::maxLoss).containsExactly(1.5, 9.0, 1.5);
        assertThat(job.measured).extracting(Measurement::minLoss).containsExactly(1.5, 0.5, 1.5);
    }

    @Test
    void writesEveryValidationAndPrefersItAsNews() {
        train(1, 100, 30);

        assertThat(job.measured)
                .filteredOn(row -> row.validationLoss().isPresent())
                .extracting(Measurement::step)
                .containsExactly(30L, 60L, 90L);
        assertThat(job.news).extracting(Measurement::step).containsExactly(25L, 60L);
    }

    @Test
    void keepsTheRowsWhileTheDatabaseIsDown() {
        down.set(true);
        train(1, 100, 0);
        assertThat(job.measured).isEmpty();

        down.set(false);
        train(101, 125, 0);
        assertThat(job.measured).extracting(Measurement::step).containsExactly(25L, 50L, 75L, 100L, 125L);
        assertThat(report.waiting()).isEmpty();
    }

    private void train(int from, int to, int validateEvery) {
        for (int step = from; step <= to; step++) {
            millis += 20;
            float loss = step == 30 ? 9 : step == 31 ? 0.5f : 1.5f;
            report.stepped(
                    new StepResult(step, loss, 0.5f),
                    1e-3f,
                    TimeUnit.MILLISECONDS.toNanos(20),
                    TimeUnit.MICROSECONDS.toNanos(50));
            if (validateEvery > 0 && step % validateEvery == 0) {
                report.validated(2.5);
            }
            if (report.isDue()) {
                report.send("");
            }
        }
    }
}
