package io.maru.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class Gpt2SplitterTest {
    @Test
    void cutsWhereHuggingFaceCuts() {
        for (Expected.Case expected : Expected.cases()) {
            assertThat(words(expected.text())).isEqualTo(expected.words());
        }
    }

    @Test
    void cutsWhereThePatternCuts() {
        // Characters on whose class every Unicode version agrees; the JDK's regex is the second opinion.
        String alphabet = "ab\u00e9\uac0012\u00b2\u2167!'-\u0301\u200d   \n\t\u00a0\u3000strevmld\ud83d\ude00";
        Pattern gpt2 = Pattern.compile(
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                Pattern.UNICODE_CHARACTER_CLASS);
        int[] codePoints = alphabet.codePoints().toArray();
        Random random = new Random(1);
        for (int round = 0; round < 5_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(30); length > 0; length--) {
                text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
            }
            List<String> expected = new ArrayList<>();
            for (Matcher matcher = gpt2.matcher(text); matcher.find(); ) {
                expected.add(matcher.group());
            }
            assertThat(words(text.toString())).isEqualTo(expected);
        }
    }

    @Test
    void takesALoneSurrogateForASymbol() {
        assertThat(words("a\ud800b \udc00!")).containsExactly("a", "\ud800", "b", " \udc00!");
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int end;
        for (int start = 0; start < text.length(); start = end) {
            end = Gpt2Splitter.end(text, start);
            words.add(text.substring(start, end));
        }
        return words;
    }
}
