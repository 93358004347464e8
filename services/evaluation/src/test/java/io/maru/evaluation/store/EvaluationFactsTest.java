package io.maru.evaluation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;
import io.maru.evaluation.v1.EvaluationCompleted;
import io.maru.metrics.LanguageModelScore;
import io.maru.platform.event.Fact;
import io.maru.proto.GoldenEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EvaluationFactsTest {
    private static final long TOKENS = 122_305;

    @Test
    void aCompletedEvaluationIsToldAsItsConsumersReadIt() throws Exception {
        GoldenEvent golden = GoldenEvent.read("maru.evaluation.completed.v1");
        EvaluationCompleted expected = golden.data(EvaluationCompleted.parser());
        double nats = TOKENS * Math.log(expected.getPerplexity());
        long bytes = Math.round(nats / Math.log(2) / expected.getBitsPerByte());

        Fact fact = EvaluationFacts.completed(
                evaluation(State.SUCCEEDED, new LanguageModelScore(nats, TOKENS, bytes), "", ""));

        assertThat(fact.type()).isEqualTo(golden.type());
        assertThat(fact.subject()).isEqualTo(golden.key());
        EvaluationCompleted data = EvaluationCompleted.parseFrom(fact.data());
        assertThat(data.getPerplexity()).isEqualTo(expected.getPerplexity(), within(1e-9));
        // Bytes are whole, so the golden figure is met up to one of them.
        assertThat(data.getBitsPerByte()).isEqualTo(expected.getBitsPerByte(), within(1e-5));
        assertThat(data.toBuilder()
                        .setPerplexity(expected.getPerplexity())
                        .setBitsPerByte(expected.getBitsPerByte())
                        .build())
                .isEqualTo(expected);
    }

    @Test
    void aFailedEvaluationIsToldAsItsConsumersReadIt() {
        GoldenEvent golden = GoldenEvent.read("maru.evaluation.failed.v1");

        Fact fact = EvaluationFacts.failed(evaluation(
                State.FAILED,
                LanguageModelScore.EMPTY,
                "OBJECT_MISSING",
                "workspaces/default/datasets/r-7f3a9c/manifest.json: no such object (expected: a sealed dataset)"));

        assertThat(fact.type()).isEqualTo(golden.type());
        assertThat(fact.subject()).isEqualTo(golden.key());
        assertThat(fact.data()).isEqualTo(golden.bytes());
    }

    private static Evaluation evaluation(State state, LanguageModelScore score, String reason, String message) {
        return new Evaluation(
                "workspaces/default/evaluations/r-7f3a9c",
                "workspaces/default/runs/r-7f3a9c",
                "workspaces/default/models/tiny-stories/versions/1",
                "workspaces/default/datasets/r-7f3a9c",
                0,
                0,
                state,
                score.tokens(),
                new Tally(1, score),
                reason,
                message,
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
    }
}
