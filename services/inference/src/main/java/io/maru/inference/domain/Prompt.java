package io.maru.inference.domain;

import static io.maru.inference.domain.InferenceReason.PROMPT_EMPTY;
import static io.maru.inference.domain.InferenceReason.PROMPT_TOO_LONG;

import java.util.Arrays;

/**
 * What the model reads before it writes.
 *
 * @param tokens at least one, and fewer than the model's block
 * @param truncated tokens before them that were left out, since they do not fit
 */
public record Prompt(int[] tokens, int truncated) {

    /**
     * @param whole its tokens
     * @param block the model's context, in which one token must be able to follow
     * @param truncate whether the last tokens are kept of a prompt that is too long
     * @throws io.maru.platform.error.Refusal PROMPT_EMPTY, PROMPT_TOO_LONG
     */
    public static Prompt of(int[] whole, int block, boolean truncate) {
        if (whole.length == 0) {
            throw PROMPT_EMPTY.because(
                    "prompt: no token (expected: at least one, as the model has none that begins a text)");
        }
        int kept = Math.max(1, block - 1);
        int truncated = Math.max(0, whole.length - kept);
        if (truncated > 0 && !truncate) {
            throw PROMPT_TOO_LONG.because(
                    "prompt: %d tokens (expected: at most %d, which leave room for one in the model's context of %d; give"
                            + " a shorter one, or set truncate_prompt to leave out the first %d)",
                    whole.length, kept, block, truncated);
        }
        return new Prompt(Arrays.copyOfRange(whole, truncated, whole.length), truncated);
    }

    /**
     * How many tokens may follow.
     *
     * @param wanted at most so many; 0 means as many as fit
     */
    public int room(int wanted, int block) {
        // The last token is only written, never read, so a block of 1 still gives one.
        int fitting = Math.max(1, block - tokens.length);
        return wanted == 0 ? fitting : Math.min(wanted, fitting);
    }
}
