package io.maru.evaluation.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardReader;
import io.maru.formats.TokenShardWriter;
import io.maru.metrics.LanguageModelScore;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WindowsTest {
    /** End-of-text is 0, and every byte is a token. */
    private static final TextTokens TEXT = new TextTokens(new BpeTrainer(257, TieRule.SMALLEST_IDS).train());

    private static final long ALL = Long.MAX_VALUE;

    @TempDir
    Path folder;

    private final List<TokenShardReader> shards = new ArrayList<>();

    @AfterEach
    void close() {
        shards.forEach(TokenShardReader::close);
    }

    @Test
    void predictsEveryTokenOnceFromThoseBeforeIt() throws IOException {
        shard(11, 12, 0, 13, 14);

        assertThat(windows(3, Tally.NONE, ALL).next(9, 999))
                .extracting(Window::tokens)
                .containsExactly(new int[] {0, 11, 12, 0}, new int[] {0, 13, 14});
    }

    @Test
    void aShardBeginsAsThoughAfterAnotherText() throws IOException {
        shard(11, 12);
        shard();
        shard(13, 14, 15);

        assertThat(windows(2, Tally.NONE, ALL).next(9, 999))
                .extracting(Window::tokens)
                .containsExactly(new int[] {0, 11, 12}, new int[] {0, 13, 14}, new int[] {14, 15});
    }

    @Test
    void aBatchHoldsNoMoreThanItMay() throws IOException {
        shard(11, 12, 13, 14, 15, 16, 17, 18);
        Windows byTokens = windows(2, Tally.NONE, ALL);
        Windows byWindows = windows(2, Tally.NONE, ALL);

        assertThat(byTokens.next(9, 8)).hasSize(2);
        assertThat(byTokens.next(9, 1)).hasSize(1);
        assertThat(byTokens.next(9, 999)).hasSize(1);
        assertThat(byTokens.next(9, 999)).isEmpty();
        assertThat(byWindows.next(3, 999)).hasSize(3);
    }

    @Test
    void stopsAfterSoManyTokensOfText() throws IOException {
        shard(11, 0, 12, 13, 14);

        assertThat(windows(4, Tally.NONE, 2).next(9, 999))
                .extracting(Window::tokens)
                .containsExactly(new int[] {0, 11, 0, 12});
    }

    @Test
    void goesOnWhereAnEarlierWorkerStopped() throws IOException {
        shard(11, 12, 13);
        shard(21, 22, 0, 23, 24);

        for (int done = 0; done <= 5; done++) {
            Tally tally = new Tally(done, LanguageModelScore.EMPTY);
            List<int[]> all = windows(2, Tally.NONE, ALL).next(9, 999).stream()
                    .map(Window::tokens)
                    .toList();

            assertThat(windows(2, tally, ALL).next(9, 999))
                    .extracting(Window::tokens)
                    .containsExactly(all.subList(done, all.size()).toArray(int[][]::new));
        }
    }

    @Test
    void whatIsDoneCountsAgainstTheTokensWanted() throws IOException {
        shard(11, 12, 13, 14);

        assertThat(windows(2, new Tally(1, new LanguageModelScore(1, 2, 2)), 3).next(9, 999))
                .extracting(Window::tokens)
                .containsExactly(new int[] {12, 13});
    }

    @Test
    void countsTokensOfTextAlone() throws IOException {
        shard(11, 0, 12, 0);
        shard(13);

        assertThat(Windows.scoredTokens(shards, TEXT)).isEqualTo(3);
    }

    @Test
    void aPromptIsReadAndNotCounted() throws IOException {
        Path file = folder.resolve("weighted");
        try (TokenShardWriter writer =
                TokenShardWriter.create(file, TokenShardHeader.of(TEXT.vocabularySize(), "0".repeat(64)))) {
            writer.append(new int[] {11, 12}, 0, 2, 0);
            writer.append(new int[] {13, 14, 0}, 0, 3);
            writer.append(new int[] {15}, 0, 1, 0);
            writer.append(new int[] {16, 17}, 0, 2, 0.5f);
            writer.seal();
        }
        shards.add(TokenShardReader.open(file));

        assertThat(Windows.scoredTokens(shards, TEXT)).isEqualTo(4);
        assertThat(windows(5, Tally.NONE, ALL).next(9, 999))
                .extracting(Window::tokens)
                .containsExactly(new int[] {0, 11, 12, 13, 14, 0}, new int[] {0, 15, 16, 17});
        assertThat(windows(5, Tally.NONE, ALL).next(9, 999))
                .extracting(window -> IntStream.range(0, window.length())
                        .filter(window::isScored)
                        .boxed()
                        .toList())
                .containsExactly(List.of(3, 4), List.of(2, 3));
        assertThat(windows(5, Tally.NONE, 3).next(9, 999))
                .extracting(Window::tokens)
                .containsExactly(new int[] {0, 11, 12, 13, 14, 0}, new int[] {0, 15, 16});
    }

    private Windows windows(int block, Tally tally, long maxTokens) {
        return new Windows(shards, block, TEXT, tally, maxTokens);
    }

    private void shard(int... tokens) throws IOException {
        Path file = folder.resolve("shard-" + shards.size());
        try (TokenShardWriter writer =
                TokenShardWriter.create(file, TokenShardHeader.of(TEXT.vocabularySize(), "0".repeat(64)))) {
            writer.append(tokens, 0, tokens.length);
            writer.seal();
        }
        shards.add(TokenShardReader.open(file));
    }
}
