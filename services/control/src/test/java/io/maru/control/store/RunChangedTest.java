package io.maru.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.control.domain.Failure;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Result;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.Stage;
import io.maru.platform.event.Fact;
import io.maru.proto.GoldenEvent;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunChangedTest {
    @Test
    void isToldAsTheGoldenEventSays() {
        GoldenEvent golden = GoldenEvent.read("maru.run.changed.v1");
        RunStatus status = new RunStatus(
                9,
                Instant.EPOCH,
                RunState.FAILED,
                Stage.EVALUATE,
                Progress.NONE,
                "",
                Map.of(Result.MODEL_VERSION, "models/tiny-stories/versions/1"),
                Map.of(),
                Optional.of(new Failure(
                        "maru.evaluation",
                        "OBJECT_MISSING",
                        "datasets/r-7f3a9c/manifest.json: no such object (expected: a sealed dataset)")),
                Optional.of(Instant.EPOCH),
                0);

        Fact fact = PostgresRuns.changed("runs/r-7f3a9c", status);

        assertThat(fact.type()).isEqualTo(golden.type());
        assertThat(fact.subject()).isEqualTo(golden.key());
        assertThat(fact.run()).isEqualTo("runs/r-7f3a9c");
        assertThat(fact.data()).isEqualTo(golden.bytes());
    }
}
