package io.maru.cli.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import io.maru.cli.Output;
import io.maru.control.v1.Failure;
import io.maru.control.v1.Progress;
import io.maru.control.v1.Run;
import io.maru.control.v1.Step;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RunReportTest {
    private static final String MINE = "workspaces/default/";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private static Step step(String name, Step.State state) {
        return Step.newBuilder()
                .setName(name)
                .setKind(name.replaceAll("-.*", ""))
                .setState(state)
                .setAttempt(1)
                .setStartTime(Timestamp.newBuilder().setSeconds(10))
                .setEndTime(Timestamp.newBuilder().setSeconds(12).setNanos(500_000_000))
                .build();
    }

    private static Run run(Run.State state, Step... steps) {
        return Run.newBuilder()
                .setName(MINE + "runs/r-1")
                .setState(state)
                .addAllSteps(List.of(steps))
                .build();
    }

    private static final Run DONE = run(
            Run.State.SUCCEEDED,
            step("publish", Step.State.SUCCEEDED).toBuilder()
                    .putMade("model", MINE + "models/smoke/versions/1")
                    .build(),
            step("evaluate", Step.State.SUCCEEDED).toBuilder()
                    .putNumbers("bits_per_byte", 6.25)
                    .putNumbers("perplexity", 30)
                    .build(),
            step("evaluate-2", Step.State.SUCCEEDED).toBuilder()
                    .putNumbers("bits_per_byte", 5.5)
                    .putNumbers("perplexity", 20)
                    .build());

    /** Scripts read it with grep: see .ci/run. */
    @Test
    void theJsonBeginsWithWhatTheRunCameTo() {
        new Output(new PrintStream(out, true, UTF_8), true).result(RunReport.of(DONE));

        assertThat(out.toString(UTF_8))
                .startsWith("{\"run\":\"runs/r-1\",\"state\":\"SUCCEEDED\",\"model\":\"models/smoke/versions/1\","
                        + "\"validation_bits_per_byte\":5.5,");
    }

    @Test
    void peopleSeeALineForEachStepAndShortNames() {
        print(DONE);

        assertThat(out.toString(UTF_8).lines())
                .containsExactly(
                        "  publish              2.5 s",
                        "  evaluate             2.5 s",
                        "  evaluate-2           2.5 s",
                        "model        models/smoke/versions/1",
                        "validation   6.250 bits per byte, perplexity 30.00, evaluate",
                        "validation   5.500 bits per byte, perplexity 20.00, evaluate-2");
    }

    @Test
    void tellsWhatFailedWhatWasSkippedAndHowToGoOn() {
        Run failed = run(
                Run.State.FAILED,
                step("train", Step.State.FAILED).toBuilder()
                        .setAttempt(2)
                        .setFailure(Failure.newBuilder()
                                .setDomain("maru.training")
                                .setReason("DIVERGED")
                                .setMessage("step 7: loss NaN"))
                        .build(),
                Step.newBuilder()
                        .setName("publish")
                        .setState(Step.State.SKIPPED)
                        .build());

        print(failed);

        assertThat(out.toString(UTF_8).lines())
                .containsExactly(
                        "  train                2.5 s FAILED, attempt 2",
                        "runs/r-1 FAILED",
                        "  train failed: step 7: loss NaN (maru.training)",
                        "  skipped for that: publish; maru retry runs/r-1 does it again");
        assertThat(RunReport.of(failed)).containsEntry("error", "DIVERGED");
        assertThatThrownBy(() -> RunReport.requireSuccess(failed))
                .hasMessageContaining("failed in train: step 7: loss NaN");
    }

    @Test
    void aListTellsTheStepAndTheTimeLeftOfARunThatTrains() {
        Step training = step("train", Step.State.RUNNING).toBuilder()
                .setProgress(Progress.newBuilder()
                        .setDone(1240)
                        .setTotal(3000)
                        .setUnit("steps")
                        .setSecondsLeft(130))
                .build();
        Step encoding = step("encode-2", Step.State.RUNNING).toBuilder()
                .setProgress(Progress.newBuilder().setDone(1).setTotal(2).setUnit("shards"))
                .build();

        assertThat(RunReport.place(run(Run.State.RUNNING, DONE.getSteps(0), training)))
                .isEqualTo("train 1,240/3,000, 2 min left");
        assertThat(RunReport.place(run(Run.State.RUNNING, training, encoding)))
                .isEqualTo("train 1,240/3,000, 2 min left; encode-2");
        assertThat(RunReport.place(run(
                        Run.State.PAUSED,
                        training.toBuilder().setState(Step.State.PAUSED).build())))
                .isEqualTo("train 1,240/3,000");
        assertThat(RunReport.place(DONE)).isEqualTo(MINE + "models/smoke/versions/1");
    }

    @Test
    void aListTellsWhyARunFailedInOneLine() {
        Run failed = run(
                Run.State.FAILED,
                step("train", Step.State.FAILED).toBuilder()
                        .setFailure(Failure.newBuilder().setMessage("step 7: loss NaN\n  (expected: a number)\n"))
                        .build(),
                step("publish", Step.State.SKIPPED));

        assertThat(RunReport.reasons(failed)).containsExactly("train: step 7: loss NaN; (expected: a number)");
        assertThat(RunReport.reasons(DONE)).isEmpty();
    }

    @Test
    void theTimeLeftIsNoMoreExactThanItIsKnown() {
        assertThat(Stream.of(0.4, 99.0, 130.0, 5_940.0, 12_000.0, 200_000.0).map(TimeLeft::of))
                .containsExactly(
                        "0 s left", "99 s left", "2 min left", "99 min left", "3 h 20 min left", "2 d 7 h left");
    }

    private void print(Run run) {
        RunReport.print(run, new Output(new PrintStream(out, true, UTF_8), false));
    }
}
