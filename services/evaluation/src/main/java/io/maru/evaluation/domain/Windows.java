package io.maru.evaluation.domain;

import io.maru.formats.TokenShardReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/*
 * Every token of a shard is predicted once, from those before it in its window. A shard begins as though after the end of
 * another text. With block 3 and E for end-of-text, the shard a b E c d gives
 *
 *     window 0   E a b E    predicts a b E
 *     window 1   E c d      predicts c d
 *
 * A token counts if it is text and has a weight: of a prompt with its completion the prompt is read and not counted.
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
    private long tokensLeft;

    /**
     * @param block predicted tokens in a window at most
     * @param tally what is done: its windows are skipped
     * @param maxTokens tokens to count in all, those of {@code tally} included
     */
    public Windows(List<TokenShardReader> shards, int block, TextTokens text, Tally tally, long maxTokens) {
        this.shards = List.copyOf(shards);
        this.block = block;
        this.text = text;
        this.tokensLeft = maxTokens - tally.score().tokens();
        skip(tally.windows());
    }

    /** How many tokens of all shards count. */
    public static long scoredTokens(List<TokenShardReader> shards, TextTokens text) {
        int[] tokens = new int[COUNTING_TOKENS];
        float[] weights = new float[COUNTING_TOKENS];
        long count = 0;
        for (TokenShardReader shard : shards) {
            for (long at = 0; at < shard.tokenCount(); at += tokens.length) {
                int length = (int) Math.min(tokens.length, shard.tokenCount() - at);
                shard.read(at, tokens, 0, length);
                shard.readWeights(at, weights, 0, length);
                count += IntStream.range(0, length)
                        .filter(i -> isScored(tokens[i], weights[i], text))
                        .count();
            }
        }
        return count;
    }

    private static boolean isScored(int token, float weight, TextTokens text) {
        return text.isText(token) && weight > 0;
    }

    /**
     * The next windows, at most so many, with at most so many tokens together, but at least one; none at the end.
     *
     * @return windows of 2 to block + 1 tokens
     */
    public List<Window> next(int maxWindows, int maxTokens) {
        List<Window> batch = new ArrayList<>();
        int tokens = 0;
        while (seek() && (batch.isEmpty() || (batch.size() < maxWindows && tokens + block + 1 <= maxTokens))) {
            Window window = cut();
            batch.add(window);
            tokens += window.length();
        }
        return batch;
    }

    /** Goes to the next shard that has something left. False at the end. */
    private boolean seek() {
        while (shard < shards.size() && at >= shards.get(shard).tokenCount()) {
            shard++;
            at = 0;
        }
        return shard < shards.size() && tokensLeft > 0;
    }

    private Window cut() {
        TokenShardReader tokens = shards.get(shard);
        int length = (int) Math.min(block, tokens.tokenCount() - at);
        int[] window = new int[length + 1];
        window[0] = at == 0 ? text.endOfText() : tokens.token(at - 1);
        tokens.read(at, window, 1, length);
        float[] weights = new float[length + 1];
        tokens.readWeights(at, weights, 1, length);
        at += length;
        BitSet scored = new BitSet(window.length);
        for (int i = 1; i < window.length; i++) {
            if (isScored(window[i], weights[i], text)) {
                scored.set(i);
                if (--tokensLeft == 0) {
                    return new Window(Arrays.copyOf(window, i + 1), scored);
                }
            }
        }
        return new Window(window, scored);
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
