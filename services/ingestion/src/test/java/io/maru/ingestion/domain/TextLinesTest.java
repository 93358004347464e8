package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextLinesTest {
    @Test
    void endsLinesWhereTheJdkDoesHoweverTheTextArrives() throws IOException {
        Random random = new Random(5);
        String[] pieces = {"a", "\r", "\n", "\r\n", "루", "🦊", " "};
        for (int round = 0; round < 5_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(10); i > 0; i--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            List<String> expected = new BufferedReader(new StringReader(text.toString()))
                    .lines()
                    .toList();

            List<String> found = new ArrayList<>();
            TextLines lines = new TextLines(new Trickle(text.toString(), random), 1_000);
            while (lines.next()) {
                assertThat(lines.isWhole() && lines.isLast()).isTrue();
                found.add(lines.text());
                assertThat(lines.number()).isEqualTo(found.size());
            }
            assertThat(found).as(text.toString()).isEqualTo(expected);
        }
    }

    @Test
    void aLineAtTheLimitIsWholeAndALongerOneComesInPieces() throws IOException {
        assertThat(pieces("12345678\n123456789\nx", 8)).containsExactly("12345678|", "123456789>", "|", "x|");
        assertThat(pieces("123456789abcdefghijk", 8)).containsExactly("123456789>", "abcdefghi>", "jk|");
        // Three bytes each.
        assertThat(pieces("마루마\n마루마루", 9)).containsExactly("마루마|", "마루마루>", "|");
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstLine() throws IOException {
        assertThat(pieces("\ufeff12345678\n\ufeff1", 8)).containsExactly("12345678|", "\ufeff1|");
        assertThat(pieces("\ufeff", 8)).isEmpty();
    }

    @Test
    void measuresALongLineToItsEndAndNoFurther() throws IOException {
        TextLines lines = new TextLines(new StringReader("one\n마루 and 🦊 walk on\r\nnext"), 4);
        assertThat(lines.next() && lines.isWhole()).isTrue();
        assertThat(lines.next() && !lines.isWhole()).isTrue();

        assertThat(lines.number()).isEqualTo(2);
        assertThat(lines.measure()).isEqualTo("마루 and 🦊 walk on".getBytes(StandardCharsets.UTF_8).length);
        assertThat(lines.next()).isTrue();
        assertThat(lines.text()).isEqualTo("next");
        assertThat(lines.number()).isEqualTo(3);
    }

    /** A piece that its line goes on after ends in {@code >}, the last of its line in {@code |}. */
    private static List<String> pieces(String text, int maxBytes) throws IOException {
        List<String> pieces = new ArrayList<>();
        TextLines lines = new TextLines(new StringReader(text), maxBytes);
        while (lines.next()) {
            pieces.add(lines.text() + (lines.isLast() ? "|" : ">"));
        }
        return pieces;
    }

    /** Gives a few characters at a time. */
    private static final class Trickle extends Reader {
        private final StringReader in;
        private final Random random;

        Trickle(String text, Random random) {
            this.in = new StringReader(text);
            this.random = random;
        }

        @Override
        public int read(char[] buffer, int from, int length) throws IOException {
            return in.read(buffer, from, 1 + random.nextInt(Math.min(3, length)));
        }

        @Override
        public void close() {
            in.close();
        }
    }
}
