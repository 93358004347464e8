package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BpeTokenizerTest {
    private final BpeTokenizer tokenizer =
            BpeTokenizer.fromJson(Expected.tokenizerJson().getBytes(UTF_8));

    @Test
    void givesTheIdsOfHuggingFace() {
        for (Expected.Case expected : Expected.cases()) {
            assertThat(tokenizer.encode(expected.text())).as(expected.text()).containsExactly(expected.ids());
            assertThat(tokenizer.decode(expected.ids())).isEqualTo(expected.text());
        }
    }

    @Test
    void mergesTheMinRankFirstAndTheLeftmostOfEquals() {
        // By hand: of "aaaa aaa" each word takes (a a) from the left, then nothing is left for the odd one.
        BpeTrainer trainer = new BpeTrainer(258, TieRule.SMALLEST_IDS);
        trainer.add("aaaa");
        BpeTokenizer pairs = trainer.train();
        int a = pairs.encode("a")[0];
        assertThat(pairs.encode("aaa")).containsExactly(257, a);
        assertThat(pairs.encode("aaaaa")).containsExactly(257, 257, a);
    }

    @Test
    void givesBackAnyText() {
        Random random = new Random(2);
        for (int round = 0; round < 2_000; round++) {
            String text = randomText(random);
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void writesAWordLongerThanTheCacheAsItDoesAShortOne() {
        String word = "banana".repeat(50);
        assertThat(tokenizer.decode(tokenizer.encode(word))).isEqualTo(word);
        assertThat(tokenizer.encode("b" + "anan".repeat(20))).startsWith(tokenizer.encode("b" + "anan".repeat(4)));
    }

    @Test
    void turnsALoneSurrogateIntoAReplacementCharacter() {
        assertThat(tokenizer.encode("a\ud800b\udc00")).containsExactly(tokenizer.encode("a\ufffdb\ufffd"));
        assertThat(tokenizer.decode(tokenizer.encode("\udc00\ud800"))).isEqualTo("\ufffd\ufffd");
    }

    @Test
    void takesTheTextOfASpecialTokenForText() {
        int[] ids = tokenizer.encode("a<|endoftext|>b");
        assertThat(ids).doesNotContain(tokenizer.endOfText());
        assertThat(tokenizer.decode(ids)).isEqualTo("a<|endoftext|>b");
    }

    @Test
    void leavesSpecialTokensOutOfText() {
        int a = tokenizer.encode("a")[0];
        assertThat(tokenizer.endOfText()).isZero();
        assertThat(tokenizer.bytes(tokenizer.endOfText())).isEmpty();
        assertThat(tokenizer.decode(a, tokenizer.endOfText(), a)).isEqualTo("aa");
    }

    @Test
    void writesEveryByteAsOneTokenOfItsOwn() {
        boolean[] seen = new boolean[256];
        for (int id = 1; id <= 256; id++) {
            assertThat(tokenizer.bytes(id)).hasSize(1);
            seen[tokenizer.bytes(id)[0] & 0xFF] = true;
        }
        assertThat(seen).doesNotContain(false);
    }

    @Test
    void keepsItsTokensWhenACallerChangesWhatItGot() {
        byte[] bytes = tokenizer.bytes(1);
        bytes[0]++;
        assertThat(tokenizer.bytes(1)).isNotEqualTo(bytes);
        int[] ids = tokenizer.encode("house");
        ids[0]++;
        assertThat(tokenizer.encode("house")).isNotEqualTo(ids);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 330, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void refusesAnIdThatItDoesNotHave(int id) {
        String refusal = "id: " + id + " (expected: 0 to 329)";
        assertThatThrownBy(() -> tokenizer.decode(1, id)).hasMessage(refusal);
        assertThatThrownBy(() -> tokenizer.bytes(id)).hasMessage(refusal);
        assertThatThrownBy(() -> tokenizer.newStream().append(id)).hasMessage(refusal);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", " ", "\n", "'", "\u0301", "ba", "\uac00", "1", "\ud83d\ude00", "\ud800"})
    void takesNearLinearTimeForAMillionOfOneKind(String part) {
        String text = part.repeat(1_000_000 / part.length());
        // Quadratic time would be hours.
        int[] ids = assertTimeoutPreemptively(Duration.ofSeconds(30), () -> tokenizer.encode(text));
        assertThat(tokenizer.decode(ids)).isEqualTo(text.replace('\ud800', part.length() == 1 ? '\ufffd' : '\ud800'));
    }

    @Test
    void givesThreadsTheSameIdsAtTheSameTime() throws Exception {
        Random random = new Random(3);
        List<String> texts = new ArrayList<>();
        List<int[]> expected = new ArrayList<>();
        BpeTokenizer alone = BpeTokenizer.fromJson(tokenizer.toJson());
        for (int i = 0; i < 2_000; i++) {
            texts.add(randomText(random));
            expected.add(alone.encode(texts.get(i)));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<int[]>>> results = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                results.add(threads.submit(
                        () -> texts.stream().map(tokenizer::encode).toList()));
            }
            for (Future<List<int[]>> result : results) {
                assertThat(result.get().toArray(int[][]::new)).isDeepEqualTo(expected.toArray(int[][]::new));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void streamsOnlyWholeCharacters() {
        Utf8Stream stream = tokenizer.newStream();
        int[] ids = bytesOf(0xEA, 0xB0, 0x80, 'x'); // U+AC00, x
        assertThat(stream.append(ids[0])).isEmpty();
        assertThat(stream.append(ids[1])).isEmpty();
        assertThat(stream.append(ids[2])).isEqualTo("\uac00");
        assertThat(stream.append(tokenizer.endOfText())).isEmpty();
        assertThat(stream.append(ids[3])).isEqualTo("x");
        assertThat(stream.finish()).isEmpty();
    }

    @Test
    void saysAtTheEndThatACharacterIsIncomplete() {
        Utf8Stream stream = tokenizer.newStream();
        assertThat(stream.append(bytesOf(0xF0)[0])).isEmpty();
        assertThat(stream.finish()).isEqualTo("\ufffd");
        assertThat(stream.append(bytesOf('x')[0])).isEqualTo("x");
    }

    @Test
    void streamsWhatDecodingGivesForAnyIds() {
        Random random = new Random(4);
        int[] lead = bytesOf(0xC3, 0xA9, 0xEA, 0xB0, 0x80, 0xF0, 0x9F, 0x91, 0xED, 0xA0, 0xFF, 'a');
        for (int round = 0; round < 5_000; round++) {
            boolean torn = random.nextBoolean();
            int[] ids = random.ints(random.nextInt(20), 0, torn ? lead.length : tokenizer.vocabularySize())
                    .map(i -> torn ? lead[i] : i)
                    .toArray();
            Utf8Stream stream = tokenizer.newStream();
            StringBuilder streamed = new StringBuilder();
            for (int id : ids) {
                streamed.append(stream.append(id));
            }
            streamed.append(stream.finish());
            assertThat(streamed).hasToString(tokenizer.decode(ids));
        }
    }

    private int[] bytesOf(int... bytes) {
        int[] ids = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            for (int id = 1; id <= 256; id++) {
                if (tokenizer.bytes(id)[0] == (byte) bytes[i]) {
                    ids[i] = id;
                }
            }
        }
        return ids;
    }

    private static String randomText(Random random) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(40); length > 0; length--) {
            int codePoint =
                    switch (random.nextInt(4)) {
                        case 0 -> random.nextInt(0x80);
                        case 1 -> random.nextInt(0x800);
                        case 2 -> random.nextInt(0xD800);
                        default -> 0xE000 + random.nextInt(Character.MAX_CODE_POINT + 1 - 0xE000);
                    };
            text.appendCodePoint(codePoint);
        }
        return text.toString();
    }
}
