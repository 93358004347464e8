package io.maru.evaluation.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.metrics.LanguageModelScore;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EvaluationTest {
    private static final Tally SCORED = new Tally(1, new LanguageModelScore(2, 3, 4));

    @Test
    void runsToItsEnd() {
        Evaluation ended = in(State.PENDING).start(3).progress(SCORED).succeed();

        assertThat(ended.state()).isEqualTo(State.SUCCEEDED);
        assertThat(ended.tokens()).isEqualTo(3);
        assertThat(ended.tally()).isEqualTo(SCORED);
    }

    @Test
    void oneThatWaitsIsCancelledAtOnceAndOneThatRunsByItsWorker() {
        assertThat(in(State.PENDING).cancel().state()).isEqualTo(State.CANCELLED);
        assertThat(in(State.RUNNING).cancel().state()).isEqualTo(State.CANCELLING);
        assertThat(in(State.CANCELLING).stop().state()).isEqualTo(State.CANCELLED);
    }

    @Test
    void aCancelThatCameFirstIsItsEnd() {
        Evaluation cancelling = in(State.CANCELLING);

        assertThat(cancelling.start(3)).isEqualTo(cancelling);
        assertThat(cancelling.progress(SCORED)).isEqualTo(cancelling);
        assertThat(cancelling.succeed().state()).isEqualTo(State.CANCELLED);
        assertThat(cancelling.fail("R", "m").state()).isEqualTo(State.CANCELLED);
    }

    @Test
    void aFailureKeepsItsReason() {
        Evaluation failed = in(State.RUNNING).fail("R", "m");

        assertThat(failed.state()).isEqualTo(State.FAILED);
        assertThat(failed.failureReason()).isEqualTo("R");
        assertThat(failed.failureMessage()).isEqualTo("m");
    }

    @ParameterizedTest
    @EnumSource(names = {"SUCCEEDED", "FAILED", "CANCELLED"})
    void nothingChangesAfterTheEnd(State end) {
        Evaluation ended = in(end);

        assertThat(ended.start(3)).isEqualTo(ended);
        assertThat(ended.progress(SCORED)).isEqualTo(ended);
        assertThat(ended.succeed()).isEqualTo(ended);
        assertThat(ended.cancel()).isEqualTo(ended);
        assertThat(ended.stop()).isEqualTo(ended);
        assertThat(ended.fail("R", "m")).isEqualTo(ended);
    }

    private static Evaluation in(State state) {
        return new Evaluation(
                "workspaces/w/evaluations/e",
                "",
                "workspaces/w/models/m/versions/1",
                "workspaces/w/datasets/d",
                0,
                0,
                state,
                0,
                Tally.NONE,
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
    }
}
