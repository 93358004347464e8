package io.maru.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.control.domain.ControlReason;
import io.maru.platform.event.Fact;
import io.maru.proto.GoldenEvent;
import org.junit.jupiter.api.Test;

class RunRejectedTest {
    @Test
    void isToldAsTheGoldenEventSays() {
        GoldenEvent golden = GoldenEvent.read("maru.run.rejected.v1");

        Fact fact = PostgresRejections.rejected(
                "nightly-2026-02-01",
                ControlReason.RECIPE_INVALID.because("steps[1].tokenizer.vocabularySize: 12 (expected: >= 257)"));

        assertThat(fact.type()).isEqualTo(golden.type());
        assertThat(fact.subject()).isEqualTo(golden.key());
        assertThat(fact.data()).isEqualTo(golden.bytes());
    }
}
