package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Broken files are refused with the error that is meant for them, and no text or id is too much, for many seeds. */
class FuzzTest {
    private static final String[] HOSTILE = {
        "",
        "{",
        "[",
        "]",
        "}",
        ",",
        ":",
        "\"",
        "\\ud800",
        "\\u0000",
        "-1",
        "1e999",
        "99999999999999999999",
        "null",
        "true",
        "[[[[[[[[",
        "{\"a\":",
        "\u00ff",
        "\ud83d\ude00",
        "#version",
        " ",
        "\n",
    };

    private final BpeTokenizer tokenizer =
            BpeTokenizer.fromJson(Expected.tokenizerJson().getBytes(UTF_8));

    @Test
    void refusesABrokenTokenizerJson() {
        byte[] json = Expected.tokenizerJson().getBytes(UTF_8);
        Random random = new Random(21);
        for (int round = 0; round < 2_000; round++) {
            byte[] broken = breakSome(json, random);
            assertRefusedOrRead(() -> BpeTokenizer.fromJson(broken));
        }
    }

    @Test
    void refusesABrokenPairOfFiles() {
        byte[] vocab = ("{" + vocabularyOfBytes() + ",\"ab\":256}").getBytes(UTF_8);
        byte[] merges = "#version: 0.2\na b\n".getBytes(UTF_8);
        assertThat(BpeTokenizer.fromVocabularyAndMerges(vocab, merges).encode("ab"))
                .containsExactly(256);
        Random random = new Random(22);
        for (int round = 0; round < 2_000; round++) {
            boolean first = random.nextBoolean();
            byte[] broken = breakSome(first ? vocab : merges, random);
            assertRefusedOrRead(
                    () -> BpeTokenizer.fromVocabularyAndMerges(first ? broken : vocab, first ? merges : broken));
        }
    }

    @Test
    void refusesABrokenRankFile() {
        StringBuilder file = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            file.append(Base64.getEncoder().encodeToString(new byte[] {(byte) b}))
                    .append(' ')
                    .append(b)
                    .append('\n');
        }
        byte[] ranks = file.append("YWI= 256\n").toString().getBytes(UTF_8);
        assertThat(BpeTokenizer.fromRanks(ranks, WordPattern.CL100K, Map.of()).encode("ab"))
                .containsExactly(256);
        Random random = new Random(23);
        for (int round = 0; round < 5_000; round++) {
            byte[] broken = breakSome(ranks, random);
            assertRefusedOrRead(() -> BpeTokenizer.fromRanks(broken, WordPattern.O200K, Map.of("<|x|>", 300)));
        }
    }

    @Test
    void refusesABrokenSentencePieceModel() {
        byte[] model = sentencePieceModel();
        assertThat(BpeTokenizer.fromSentencePiece(model).encode("ab c")).containsExactly(260, 258);
        Random random = new Random(24);
        for (int round = 0; round < 20_000; round++) {
            byte[] broken = breakSome(model, random);
            assertRefusedOrRead(() -> BpeTokenizer.fromSentencePiece(broken));
        }
    }

    @Test
    void refusesALengthOfFourGibibytesBeforeItCosts() {
        byte[] huge = {0x0A, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F};
        assertRefusedOrRead(() -> BpeTokenizer.fromSentencePiece(huge));
    }

    @Test
    void encodesAnyBytesOrNamesThePlaceThatIsNoUtf8() {
        Random random = new Random(25);
        for (int round = 0; round < 20_000; round++) {
            byte[] text = RandomTexts.next(random).getBytes(UTF_8);
            if (random.nextBoolean() && text.length > 0) {
                text[random.nextInt(text.length)] = (byte) random.nextInt();
            }
            String replaced = new String(text, UTF_8);
            boolean valid = Arrays.equals(replaced.getBytes(UTF_8), text);
            try {
                assertThat(tokenizer.encode(text, SpecialTokens.TEXT)).isEqualTo(tokenizer.encode(replaced));
                assertThat(valid).isTrue();
            } catch (Utf8Exception e) {
                assertThat(valid).isFalse();
                assertThat(e.getMessage()).matches("text: byte 0x.. at \\d+ \\(expected: UTF-8\\)");
            }
        }
    }

    @Test
    void givesBackAnyTextAndWhereItsTokensComeFrom() {
        Random random = new Random(26);
        for (int round = 0; round < 20_000; round++) {
            String text = RandomTexts.next(random);
            int[] ids = tokenizer.encode(text);
            assertThat(tokenizer.decode(ids)).isEqualTo(text);
            Encoding encoding = tokenizer.encodeWithOffsets(text, SpecialTokens.TEXT);
            assertThat(encoding.ids()).isEqualTo(ids);
            int end = 0;
            for (int i = 0; i < ids.length; i++) {
                assertThat(encoding.starts()[i]).isLessThanOrEqualTo(end);
                String part = text.substring(encoding.starts()[i], encoding.ends()[i]);
                String token = new String(tokenizer.bytes(ids[i]), UTF_8);
                assertThat(token.indexOf('\ufffd') >= 0 || part.equals(token)).isTrue();
                end = encoding.ends()[i];
            }
            assertThat(end).isEqualTo(text.length());
        }
    }

    private interface Reading {
        BpeTokenizer read();
    }

    private static void assertRefusedOrRead(Reading reading) {
        BpeTokenizer read;
        try {
            read = reading.read();
        } catch (TokenizerFormatException e) {
            assertThat(e.getMessage()).contains(" (expected: ").hasSizeLessThan(1_000);
            return;
        }
        assertThat(read.decode(read.encode("a house"))).isNotNull();
    }

    /** A file with a few bytes changed, cut out, doubled, or put in. */
    private static byte[] breakSome(byte[] file, Random random) {
        byte[] broken = file;
        for (int faults = 1 + random.nextInt(3); faults > 0; faults--) {
            int at = random.nextInt(broken.length + 1);
            int end = Math.min(broken.length, at + random.nextInt(random.nextInt(20) == 0 ? broken.length + 1 : 8));
            byte[] put =
                    switch (random.nextInt(5)) {
                        case 0 -> new byte[0];
                        case 1 -> new byte[] {(byte) random.nextInt()};
                        case 2 -> Arrays.copyOfRange(broken, at, Math.min(broken.length, at + 30));
                        default -> HOSTILE[random.nextInt(HOSTILE.length)].getBytes(UTF_8);
                    };
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(broken, 0, at);
            out.writeBytes(put);
            out.write(broken, end, broken.length - end);
            broken = out.toByteArray();
        }
        return broken;
    }

    private static String vocabularyOfBytes() {
        StringBuilder vocab = new StringBuilder();
        for (byte b : ByteAlphabet.bytes()) {
            String token = String.valueOf(ByteAlphabet.toChar(b));
            vocab.append(vocab.length() > 0 ? "," : "").append('"').append("\"\\".contains(token) ? "\\" : "");
            vocab.append(token).append("\":").append(b & 0xFF);
        }
        return vocab.toString();
    }

    /** 256 bytes, then pieces; as the scores go, " a" is merged first, then " ab", then " c". */
    private static byte[] sentencePieceModel() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> pieces = List.of("a", "b", "\u2581c", "\u2581a", "\u2581ab", "\u2581", "c");
        int[] scores = {-9, -9, -3, -1, -2, -9, -9};
        for (int b = 0; b < 256; b++) {
            piece(out, TokenizerJson.singleByte(b), 0, 6);
        }
        for (int i = 0; i < pieces.size(); i++) {
            piece(out, pieces.get(i), scores[i], 1);
        }
        out.writeBytes(new byte[] {0x12, 5, 0x18, 2, (byte) 0x98, 2, 1}); // trainer_spec: model_type, byte_fallback
        return out.toByteArray();
    }

    private static void piece(ByteArrayOutputStream out, String text, float score, int type) {
        byte[] bytes = text.getBytes(UTF_8);
        int bits = Float.floatToIntBits(score);
        out.writeBytes(new byte[] {0x0A, (byte) (bytes.length + 9), 0x0A, (byte) bytes.length});
        out.writeBytes(bytes);
        out.writeBytes(new byte[] {0x15, (byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)});
        out.writeBytes(new byte[] {0x18, (byte) type});
    }
}
