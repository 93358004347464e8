package io.maru.training.domain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.CorruptFileException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingStateTest {
    private static final TrainingState STATE = new TrainingState(
            3,
            500,
            1.75,
            1,
            "a".repeat(64),
            List.of("c".repeat(64)),
            "b".repeat(64),
            "d".repeat(64),
            Specs.spec(new ModelSpec(4, 4, 128, 64), 2000, 12, 1e-3, 1e-4, 100, 0.1, 0.9, 0.99, 1, -7, 100, 20, 500),
            List.of(new Choice("batch", "12", "of all rules")),
            "name: \"tales\"\nseed: 7\n",
            new TrainingCursor(List.of(new TrainingCursor.Skipped(17, 2)), 2.0625, 33, 1.7500000000000002, 400, 1));

    @Test
    void comesBackAsItWas() {
        assertThat(TrainingState.fromJson(STATE.toJson())).isEqualTo(STATE);
    }

    @Test
    void refusesWhatIsNoState() {
        String good = new String(STATE.toJson(), UTF_8);
        for (String bad : List.of(
                "",
                "[]",
                "{}",
                good.replace("\"step\"", "\"stride\""),
                good.replace("\"format\" : 3", "\"format\" : 2"),
                good.replace("500,", "null,"),
                good + "{}",
                good.replaceFirst("\\{", "{\"step\":1,"))) {
            assertThatThrownBy(() -> TrainingState.fromJson(bad.getBytes(UTF_8)))
                    .as(bad)
                    .isInstanceOf(CorruptFileException.class);
        }
    }
}
