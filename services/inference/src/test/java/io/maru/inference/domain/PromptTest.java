package io.maru.inference.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptTest {
    @Test
    void aShortPromptIsKeptWhole() {
        Prompt prompt = Prompt.of(new int[] {5, 6, 7}, 0, 4);

        assertThat(prompt.tokens()).containsExactly(5, 6, 7);
        assertThat(prompt.room(0, 4)).isEqualTo(1);
    }

    @Test
    void aLongPromptKeepsItsLastTokensAndRoomForOne() {
        Prompt prompt = Prompt.of(new int[] {5, 6, 7, 8, 9}, 0, 4);

        assertThat(prompt.tokens()).containsExactly(7, 8, 9);
        assertThat(prompt.room(100, 4)).isEqualTo(1);
    }

    @Test
    void anEmptyPromptBeginsANewText() {
        assertThat(Prompt.of(new int[0], 3, 4).tokens()).containsExactly(3);
    }

    @Test
    void noMoreIsGeneratedThanIsWanted() {
        Prompt prompt = Prompt.of(new int[] {5}, 0, 10);

        assertThat(prompt.room(4, 10)).isEqualTo(4);
        assertThat(prompt.room(0, 10)).isEqualTo(9);
        assertThat(prompt.room(1_000_000, 10)).isEqualTo(9);
    }

    @Test
    void aContextOfOneStillGivesOneToken() {
        Prompt prompt = Prompt.of(new int[] {5, 6}, 0, 1);

        assertThat(prompt.tokens()).containsExactly(6);
        assertThat(prompt.room(0, 1)).isEqualTo(1);
    }
}
