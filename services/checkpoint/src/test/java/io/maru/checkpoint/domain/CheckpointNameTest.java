package io.maru.checkpoint.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointNameTest {
    private static final String RUN = "workspaces/w/runs/a";

    @ParameterizedTest
    @ValueSource(strings = {"train-500", "train-2-0", "seed-1-100000"})
    void isReadAsItIsWritten(String id) {
        String name = RUN + "/checkpoints/" + id;

        assertThat(CheckpointName.parse("name", name)).hasToString(name);
    }

    @Test
    void theLastHyphenParts() {
        CheckpointName name = CheckpointName.parse("name", RUN + "/checkpoints/train-2-500");

        assertThat(name).isEqualTo(new CheckpointName(RUN, "train-2", 500));
    }

    @ParameterizedTest
    @ValueSource(strings = {"500", "train", "train-007", "-5", "train-9999999999999999999"})
    void refusesAnotherForm(String id) {
        assertThatThrownBy(() -> CheckpointName.parse("name", RUN + "/checkpoints/" + id))
                .hasMessageStartingWith("name: \"" + RUN)
                .hasMessageContaining("expected");
    }

    @Test
    void refusesATrainingThatLeavesNoRoomForTheStep() {
        assertThatThrownBy(() -> new CheckpointName(RUN, "a".repeat(62), 10)).hasMessageContaining("at most 63");
        assertThatThrownBy(() -> new CheckpointName(RUN, "Train", 10)).hasMessageContaining("lowercase letters");
    }
}
