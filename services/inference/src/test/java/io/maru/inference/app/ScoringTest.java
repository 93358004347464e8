package io.maru.inference.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScoringTest {
    private static final String NAME = "workspaces/w/models/m/versions/1";

    private final ScriptedModel model = new ScriptedModel(4);
    private final Models models = new Catalog().with(NAME, model).models(1);
    private final DecodingSlots slots = new DecodingSlots(1, 4);
    private final FakeAnswer answer = new FakeAnswer();

    @AfterEach
    void close() {
        slots.close();
    }

    @Test
    void givesOneNumberForEachTokenButTheFirst() {
        score(new int[] {1, 2, 3}, new int[] {9, 8});

        await().until(() -> answer.scores != null);
        assertThat(answer.modelVersion).isEqualTo(NAME);
        assertThat(answer.scores).containsExactly(new double[] {-2, -3}, new double[] {-8});
        assertThat(model.openSessions).hasValue(0);
    }

    @Test
    void refusesASequenceThatIsTooShort() {
        score(new int[] {1, 2}, new int[] {1});

        assertThat(answer.awaitFailure()).hasMessage("sequences[1]: 1 tokens (expected: 2 to 5)");
    }

    @Test
    void refusesASequenceLongerThanTheContextAndOne() {
        score(new int[] {1, 2, 3, 4, 5, 6});

        assertThat(answer.awaitFailure()).hasMessage("sequences[0]: 6 tokens (expected: 2 to 5)");
    }

    @Test
    void refusesATokenThatTheModelDoesNotKnow() {
        score(new int[] {1, 257});

        assertThat(answer.awaitFailure()).hasMessage("sequences[0].token_ids[1]: 257 (expected: 0 to 256)");
    }

    private void score(int[]... sequences) {
        new Scoring(slots, models, "workspaces/w/models/m", List.of(sequences), answer).submit();
    }

    private static final class FakeAnswer implements Scoring.Answer {
        volatile String modelVersion;
        volatile List<double[]> scores;
        volatile Throwable failure;

        @Override
        public void scores(String version, List<double[]> found) {
            modelVersion = version;
            scores = found;
        }

        @Override
        public void fail(Throwable why) {
            failure = why;
        }

        Throwable awaitFailure() {
            await().until(() -> failure != null);
            return failure;
        }
    }
}
