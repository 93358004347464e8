package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.Refusal;
import io.maru.training.domain.TrainingJob.Command;
import io.maru.training.domain.TrainingJob.State;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingJobTest {
    @ParameterizedTest
    @CsvSource({
        "PENDING,    PAUSED,   PENDING,   CANCELLED",
        "CHECKING,   PAUSED,   CHECKING,  CANCELLED",
        "RUNNING,    PAUSED,   RUNNING,   CANCELLED",
        "PAUSING,    PAUSED,   refused,   CANCELLED",
        "PAUSED,     PAUSED,   PENDING,   CANCELLED",
        "CANCELLING, refused,  refused,   CANCELLED",
        "SUCCEEDED,  refused,  refused,   SUCCEEDED",
        "FAILED,     refused,  refused,   FAILED",
        "CANCELLED,  refused,  refused,   CANCELLED",
    })
    void changesAtOnceWhereNoWorkerHoldsIt(State state, String paused, String resumed, String cancelled) {
        assertThat(after(state, Command.PAUSE, false)).isEqualTo(paused);
        assertThat(after(state, Command.RESUME, false)).isEqualTo(resumed);
        assertThat(after(state, Command.CANCEL, false)).isEqualTo(cancelled);
    }

    @ParameterizedTest
    @CsvSource({
        "PENDING,    PAUSING,  PENDING,   CANCELLING",
        "CHECKING,   PAUSING,  CHECKING,  CANCELLING",
        "RUNNING,    PAUSING,  RUNNING,   CANCELLING",
        "PAUSING,    PAUSING,  refused,   CANCELLING",
        "CANCELLING, refused,  refused,   CANCELLING",
    })
    void asksTheWorkerThatHoldsIt(State state, String paused, String resumed, String cancelled) {
        assertThat(after(state, Command.PAUSE, true)).isEqualTo(paused);
        assertThat(after(state, Command.RESUME, true)).isEqualTo(resumed);
        assertThat(after(state, Command.CANCEL, true)).isEqualTo(cancelled);
    }

    private static String after(State state, Command command, boolean held) {
        TrainingJob job = new TrainingJob(
                "trainingJobs/j",
                null,
                null,
                Optional.empty(),
                List.of(),
                state,
                Progress.NONE,
                1,
                Preflight.planned(1, 1),
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
        try {
            return job.after(command, held).name();
        } catch (Refusal e) {
            assertThat(e.reason()).isEqualTo(TrainingReason.WRONG_STATE);
            assertThatThrownBy(() -> {
                        throw e;
                    })
                    .hasMessageContaining("expected");
            return "refused";
        }
    }
}
