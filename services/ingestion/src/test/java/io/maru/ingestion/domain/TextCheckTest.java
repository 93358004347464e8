package io.maru.ingestion.domain;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.Refusal;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextCheckTest {
    private static final long MAX_BYTES = 1 << 20;

    @Test
    void countsBytesAndLines() {
        assertThat(check("one\ntwo\n")).isEqualTo(new TextCheck.Result(8, 2, false));
        assertThat(check("one\ntwo")).isEqualTo(new TextCheck.Result(7, 2, false));
        assertThat(check("마루")).isEqualTo(new TextCheck.Result(6, 1, false));
    }

    @Test
    void namesLineAndOffsetOfAWrongByte() {
        assertThatThrownBy(() -> check("ab\ncd\u00e9\n".getBytes(ISO_8859_1)))
                .isInstanceOf(Refusal.class)
                .hasMessage(
                        "f.txt: line 2 (counted from 1), byte offset 5 (counted from 0): "
                                + "byte 0x0a within a character of several bytes (expected: valid UTF-8; a text in another encoding is saved as UTF-8 first)");
    }

    @ParameterizedTest
    @CsvSource({
        "4100, 1, NOT_TEXT", // NUL
        "411b, 1, NOT_TEXT", // escape
        "61c080, 1, NOT_UTF8", // NUL in two bytes
        "61eda080, 1, NOT_UTF8", // a surrogate
        "61f4908080, 1, NOT_UTF8", // beyond U+10FFFF
        "61f08080af, 1, NOT_UTF8", // a slash in four bytes
        "6180, 1, NOT_UTF8", // a continuation that nothing starts
        "61fe, 1, NOT_UTF8",
        "61e284, 1, NOT_UTF8" // the file ends within a character
    })
    void refusesWhatIsNoText(String hex, long offset, IngestionReason reason) {
        assertThatThrownBy(() -> check(HexFormat.of().parseHex(hex))).isInstanceOfSatisfying(Refusal.class, e -> {
            assertThat(e.reason()).isEqualTo(reason);
            assertThat(e).hasMessageContaining("line 1 ").hasMessageContaining("byte offset " + offset + " ");
        });
    }

    @Test
    void agreesWithTheJdkOnRandomBytesHoweverTheyAreCut() {
        Random random = new Random(7);
        byte[][] pieces = {
            {'a'},
            {'\n'},
            "é".getBytes(UTF_8),
            "루".getBytes(UTF_8),
            "🦊".getBytes(UTF_8),
            {(byte) 0xE0, (byte) 0x80},
            {(byte) 0xED, (byte) 0xA0},
            {(byte) 0xF4, (byte) 0x90},
            {(byte) 0xC1},
            {(byte) 0x80}
        };
        for (int round = 0; round < 20_000; round++) {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            text.write('x');
            // The pieces that are no characters are rare, so that many texts are well-formed.
            for (int i = random.nextInt(8); i > 0; i--) {
                text.writeBytes(pieces[random.nextInt(random.nextInt(4) == 0 ? pieces.length : 5)]);
            }
            byte[] bytes = text.toByteArray();
            if (random.nextInt(3) == 0) {
                bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            }
            Optional<Integer> expected = firstMalformed(bytes);
            Optional<Integer> found = firstRefused(bytes, random);
            assertThat(found).as(HexFormat.of().formatHex(bytes)).isEqualTo(expected);
        }
    }

    /** Where the JDK's decoder stops: the independent reference. */
    private static Optional<Integer> firstMalformed(byte[] bytes) {
        CharsetDecoder decoder = UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CoderResult result = decoder.decode(in, CharBuffer.allocate(bytes.length + 1), true);
        return result.isError() ? Optional.of(in.position()) : Optional.empty();
    }

    private static Optional<Integer> firstRefused(byte[] bytes, Random random) {
        TextCheck check = new TextCheck("f.txt", MAX_BYTES);
        try {
            for (int from = 0; from < bytes.length; ) {
                int to = from + 1 + random.nextInt(bytes.length - from);
                check.accept(bytes, from, to);
                from = to;
            }
            check.end();
            return Optional.empty();
        } catch (Refusal e) {
            assertThat(e.reason()).isEqualTo(IngestionReason.NOT_UTF8);
            return Optional.of(Integer.parseInt(e.getMessage().replaceAll(".*byte offset (\\d+).*", "$1")));
        }
    }

    @Test
    void refusesAFileBeyondTheLimit() {
        TextCheck check = new TextCheck("f.txt", 4);
        check.accept("ab\nc".getBytes(UTF_8), 0, 4);
        assertThatThrownBy(() -> check.accept(new byte[] {'d'}, 0, 1))
                .hasMessage("f.txt: more than 4 bytes (expected: at most that)");
    }

    @Test
    void whiteSpaceOfAnyScriptIsNothing() {
        for (String blank : new String[] {"", " \t\r\n\f", "\u00a0\u3000\u2028", "\ufeff", "\ufeff\n"}) {
            assertThatThrownBy(() -> check(blank)).isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason())
                    .isEqualTo(IngestionReason.FILE_EMPTY));
        }
        assertThat(check("\u3000루").lines()).isEqualTo(1);
    }

    @Test
    void seesASeparatorHoweverItIsCut() {
        byte[] text = "a<|endof<|endoftext|>b".getBytes(UTF_8);
        for (int cut = 0; cut <= text.length; cut++) {
            TextCheck check = new TextCheck("f.txt", MAX_BYTES);
            check.accept(text, 0, cut);
            check.accept(text, cut, text.length);
            assertThat(check.end().separated()).isTrue();
        }
        assertThat(check("<|endoftext|").separated()).isFalse();
        assertThat(check("<<|endoftext|>").separated()).isTrue();
        assertThat(check("<|endof루text|>").separated()).isFalse();
    }

    private static TextCheck.Result check(String text) {
        return check(text.getBytes(UTF_8));
    }

    private static TextCheck.Result check(byte[] bytes) {
        TextCheck check = new TextCheck("f.txt", MAX_BYTES);
        check.accept(bytes, 0, bytes.length);
        return check.end();
    }
}
