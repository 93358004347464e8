package io.maru.inference.domain;

import java.util.Arrays;

/**
 * What the model reads before it writes.
 *
 * @param tokens at least one, and fewer than the model's block
 */
public record Prompt(int[] tokens) {

    /**
     * @param encoded the text's tokens; with none, the model begins a new text, after end-of-text
     * @param block the model's context; of a prompt that leaves no room in it the last tokens are kept, so that one token
     *     can follow
     */
    public static Prompt of(int[] encoded, int endOfText, int block) {
        int[] whole = encoded.length == 0 ? new int[] {endOfText} : encoded;
        int kept = Math.max(1, block - 1);
        return new Prompt(whole.length <= kept ? whole : Arrays.copyOfRange(whole, whole.length - kept, whole.length));
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
