package io.maru.evaluation.domain;

import io.maru.formats.TokenShardReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/*
 * Every token of a shard is predicted once, from those before it in its window. A shard begins as though after the end of
 * another text. With block 3 and E for end-of-text, the shard a b E c d gives
 *
 *     window 0   E a b E    predicts a b E
 *     window 1   E c d      predicts c d
 *
 * Windows are counted over all shards in the manifest's order, and depend on nothing but (shards, block): that is what a
 * worker that takes over relies on.
 */
/** Validation shards, cut into what a model can score at once. Not for several threads. */
public final class Windows {
    private static final int COUNTING_TOKENS = 1 << 14;

    private final List<TokenShardReader> shards;
    private final int block;
    private final TextTokens text;
    private int shard;
    private long at;
    private long textTokensLeft;

    /**
     * @param block predicted tokens in a window at most
     * @param tally what is done: its windows are skipped
     * @param maxTextTokens tokens of text to predict in all, those of {@code tally} included
     */
    public Windows(List<TokenShardReader> shards, int block, TextTokens text, Tally tally, long maxTextTokens) {
        this.shards = List.copyOf(shards);
        this.block = block;
        this.text = text;
        this.textTokensLeft = maxTextTokens - tally.score().tokens();
        skip(tally.windows());
    }

    /** Tokens of text in all shards. */
    public static long textTokens(List<TokenShardReader> shards, TextTokens text) {
        int[] tokens = new int[COUNTING_TOKENS];
        long count = 0;
        for (TokenShardReader shard : shards) {
            for (long at = 0; at < shard.tokenCount(); at += tokens.length) {
                int length = (int) Math.min(tokens.length, shard.tokenCount() - at);
                shard.read(at, tokens, 0, length);
                count += Arrays.stream(tokens, 0, length).filter(text::isText).count();
            }
        }
        return count;
    }

    /**
     * The next windows, at most so many, with at most so many tokens together, but at least one; none at the end.
     *
     * @return arrays of 2 to block + 1 tokens, the first of each context only
     */
    public List<int[]> next(int maxWindows, int maxTokens) {
        List<int[]> batch = new ArrayList<>();
        int tokens = 0;
        while (seek() && (batch.isEmpty() || (batch.size() < maxWindows && tokens + block + 1 <= maxTokens))) {
            int[] window = cut();
            batch.add(window);
            tokens += window.length;
        }
        return batch;
    }

    /** Goes to the next shard that has something left. False at the end. */
    private boolean seek() {
        while (shard < shards.size() && at >= shards.get(shard).tokenCount()) {
            shard++;
            at = 0;
        }
        return shard < shards.size() && textTokensLeft > 0;
    }

    private int[] cut() {
        TokenShardReader tokens = shards.get(shard);
        int length = (int) Math.min(block, tokens.tokenCount() - at);
        int[] window = new int[length + 1];
        window[0] = at == 0 ? text.endOfText() : tokens.token(at - 1);
        tokens.read(at, window, 1, length);
        at += length;
        for (int i = 1; i < window.length; i++) {
            if (text.isText(window[i]) && --textTokensLeft == 0) {
                return Arrays.copyOf(window, i + 1);
            }
        }
        return window;
    }

    private void skip(long windows) {
        long left = windows;
        while (left > 0 && shard < shards.size()) {
            long here = (shards.get(shard).tokenCount() + block - 1) / block;
            if (left < here) {
                at = left * block;
                return;
            }
            left -= here;
            shard++;
        }
    }
}
