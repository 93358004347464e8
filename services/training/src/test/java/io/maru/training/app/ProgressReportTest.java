package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.maru.model.StepResult;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob.State;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ProgressReportTest {
    private static final TrainingRequest REQUEST = new TrainingRequest(
            "runs/a",
            "datasets/a",
            new ModelSpec(1, 1, 1, 1),
            new TrainingSpec(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1),
            "");

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
            768,
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
            report.stepped(new StepResult(step, 1.5f, 0.5f), 1e-3f, TimeUnit.MILLISECONDS.toNanos(20));
            if (validateEvery > 0 && step % validateEvery == 0) {
                report.validated(2.5);
            }
            if (report.isDue()) {
                report.send("");
            }
        }
    }
}
