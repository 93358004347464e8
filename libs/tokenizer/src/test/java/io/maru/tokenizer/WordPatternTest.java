package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WordPatternTest {
    @Test
    void cutsWhereHuggingFaceCuts() {
        for (Expected.Case expected : Expected.cases()) {
            assertThat(words(WordPattern.GPT2, expected.text())).isEqualTo(expected.words());
        }
    }

    @ParameterizedTest
    @EnumSource
    void cutsWhereThePatternCuts(WordPattern words) {
        // Characters on whose class every Unicode version agrees; the JDK's regex is the second opinion.
        String alphabet =
                "ab\u00e9\uac0012\u00b2\u2167!'-/\u0301\u200d   \n\r\t\u00a0\u3000strevmldABSTL\u017f\u02b0\u01c5\ud83d\ude00";
        Pattern pattern = Pattern.compile(words.regex(), Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE);
        int[] codePoints = alphabet.codePoints().toArray();
        Random random = new Random(1);
        for (int round = 0; round < 5_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(30); length > 0; length--) {
                text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
            }
            List<String> expected = new ArrayList<>();
            for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
                expected.add(matcher.group());
            }
            assertThat(words(words, text.toString())).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void looksAtEachCharacterABoundedNumberOfTimes(WordPattern words) {
        for (String part : List.of(
                "a", "A", " ", "\n", "'", "\u0301", "\uac00", "1", "\u200d", "Aa", "A\u0301", " \n", "\u3000")) {
            String text = part.repeat(1_000_000 / part.length());
            int[] length = new int[1];
            assertTimeoutPreemptively(
                    Duration.ofSeconds(20),
                    () -> { // quadratic time would be hours
                        byte[] bytes = text.getBytes(UTF_8);
                        words.split(bytes, 0, bytes.length, (same, start, end) -> length[0] += end - start);
                    });
            assertThat(length[0]).isEqualTo(text.getBytes(UTF_8).length);
        }
    }

    private static List<String> words(WordPattern pattern, String text) {
        List<String> words = new ArrayList<>();
        byte[] bytes = text.getBytes(UTF_8);
        pattern.split(
                bytes, 0, bytes.length, (same, start, end) -> words.add(new String(same, start, end - start, UTF_8)));
        return words;
    }
}
