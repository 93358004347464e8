package io.maru.inference.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.Refusal;
import org.junit.jupiter.api.Test;

class PromptTest {
    @Test
    void aShortPromptIsKeptWhole() {
        Prompt prompt = Prompt.of(new int[] {5, 6, 7}, 4, false);

        assertThat(prompt.tokens()).containsExactly(5, 6, 7);
        assertThat(prompt.truncated()).isZero();
        assertThat(prompt.room(0, 4)).isEqualTo(1);
    }

    @Test
    void ofALongPromptTheLastTokensAreKeptWhereTheRequestSaysSoAndTheOthersAreCounted() {
        Prompt prompt = Prompt.of(new int[] {5, 6, 7, 8, 9}, 4, true);

        assertThat(prompt.tokens()).containsExactly(7, 8, 9);
        assertThat(prompt.truncated()).isEqualTo(2);
        assertThat(prompt.room(100, 4)).isEqualTo(1);
    }

    @Test
    void aLongPromptIsRefusedWithItsLengthAndWhatFits() {
        assertThatThrownBy(() -> Prompt.of(new int[] {5, 6, 7, 8, 9}, 4, false))
                .hasMessage(
                        "prompt: 5 tokens (expected: at most 3, which leave room for one in the model's context of 4;"
                                + " give a shorter one, or set truncate_prompt to leave out the first 2)")
                .extracting(e -> ((Refusal) e).reason())
                .isEqualTo(InferenceReason.PROMPT_TOO_LONG);
    }

    @Test
    void aPromptWithoutATokenIsRefused() {
        assertThatThrownBy(() -> Prompt.of(new int[0], 4, false))
                .hasMessage("prompt: no token (expected: at least one, as the model has none that begins a text)")
                .extracting(e -> ((Refusal) e).reason())
                .isEqualTo(InferenceReason.PROMPT_EMPTY);
    }

    @Test
    void noMoreIsGeneratedThanIsWanted() {
        Prompt prompt = Prompt.of(new int[] {5}, 10, false);

        assertThat(prompt.room(4, 10)).isEqualTo(4);
        assertThat(prompt.room(0, 10)).isEqualTo(9);
        assertThat(prompt.room(1_000_000, 10)).isEqualTo(9);
    }

    @Test
    void aContextOfOneStillGivesOneToken() {
        Prompt prompt = Prompt.of(new int[] {5, 6}, 1, true);

        assertThat(prompt.tokens()).containsExactly(6);
        assertThat(prompt.room(0, 1)).isEqualTo(1);
    }
}
