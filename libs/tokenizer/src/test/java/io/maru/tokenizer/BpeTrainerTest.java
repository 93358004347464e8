package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BpeTrainerTest {
    @Test
    void writesTheFileThatHuggingFaceWritesForTheSameText() {
        BpeTokenizer tokenizer = Expected.trainer(TieRule.SMALLEST_IDS).train();
        assertThat(tokenizer.toJson()).asString(UTF_8).isEqualTo(Expected.composing(Expected.tokenizerJson()));
    }

    @Test
    void learnsFromComposedTextAndComposesWhatItEncodes() {
        String composed = "\uac00\ub098 caf\u00e9 \uac00\ub098";
        String decomposed = java.text.Normalizer.normalize(composed, java.text.Normalizer.Form.NFD);
        BpeTrainer trainer = new BpeTrainer(264, TieRule.SMALLEST_IDS);
        trainer.add(composed);
        BpeTrainer other = new BpeTrainer(264, TieRule.SMALLEST_IDS);
        other.add(decomposed);
        assertThat(other.train().toJson()).isEqualTo(trainer.train().toJson());
        assertThat(other.train().encode(decomposed)).isEqualTo(trainer.train().encode(composed));
    }

    @Test
    void mergesTheGreatestBytesFirstIfAsked() throws IOException {
        BpeTokenizer tokenizer = Expected.trainer(TieRule.LEXICOGRAPHIC).train();
        assertThat(merges(tokenizer)).isEqualTo(Expected.lexicographicMerges());
    }

    @ParameterizedTest
    @EnumSource(TieRule.class)
    void doesNotCareInWhichOrderDocumentsCome(TieRule tieRule) {
        byte[] expected = Expected.trainer(tieRule).train().toJson();
        Random random = new Random(1);
        for (int round = 0; round < 5; round++) {
            List<String> corpus = new ArrayList<>(Expected.corpus());
            Collections.shuffle(corpus, random);
            BpeTrainer trainer = new BpeTrainer(Expected.vocabularySize(), tieRule);
            corpus.forEach(trainer::add);
            assertThat(trainer.train().toJson()).isEqualTo(expected);
            assertThat(trainer.train().toJson()).isEqualTo(expected);
        }
    }

    @Test
    void givesTheSameBytesWhateverTheThreadsAndTheMemory(@TempDir Path folder) throws IOException {
        Random random = new Random(5);
        List<String> corpus = new ArrayList<>();
        for (int document = 0; document < 40; document++) {
            StringBuilder text = new StringBuilder();
            for (int word = random.nextInt(8_000); word > 0; word--) {
                text.append(Integer.toString(random.nextInt(1 << 1 + random.nextInt(28)), 20))
                        .append(' ');
            }
            corpus.add(text.toString());
        }
        corpus.add(String.join(" ", corpus)); // long enough to be counted in parts
        BpeTrainer alone = new BpeTrainer(600, TieRule.SMALLEST_IDS);
        corpus.forEach(alone::add);
        byte[] expected = alone.train().toJson();
        for (int threads = 1; threads <= 3; threads++) {
            try (BpeTrainer trainer = new BpeTrainer(
                    600, TieRule.SMALLEST_IDS, new BpeTrainer.Resources(threads, 1 << 20, 1 << 26, folder))) {
                corpus.forEach(trainer::add);
                assertThat(trainer.train().toJson()).isEqualTo(expected);
                assertThat(folder).isNotEmptyDirectory(); // it did go to disk
                assertThat(trainer.train().toJson()).isEqualTo(expected);
            }
            assertThat(folder).isEmptyDirectory();
            Collections.shuffle(corpus, random);
        }
    }

    @Test
    void refusesToLearnFromNothing() {
        BpeTrainer trainer = new BpeTrainer(1000, TieRule.SMALLEST_IDS);
        assertThatThrownBy(trainer::train)
                .isInstanceOf(EmptyCorpusException.class)
                .hasMessage("corpus: no text (expected: some to learn 743 tokens from)");
    }

    @Test
    void knowsTheBytesAndTheEndOfTextWithoutAnyText() {
        BpeTokenizer tokenizer = new BpeTrainer(257, TieRule.SMALLEST_IDS).train();
        assertThat(tokenizer.vocabularySize()).isEqualTo(257);
        assertThat(tokenizer.endOfText()).isZero();
        assertThat(tokenizer.bytes(1)).containsExactly('!');
        assertThat(tokenizer.decode(tokenizer.encode("마루"))).isEqualTo("마루");
    }

    @Test
    void stopsWhenEveryWordIsOneToken() {
        BpeTrainer trainer = new BpeTrainer(1000, TieRule.SMALLEST_IDS);
        trainer.add("maru maru");
        BpeTokenizer tokenizer = trainer.train();
        // m-a-r-u takes three merges, the space before it one more.
        assertThat(tokenizer.vocabularySize()).isEqualTo(257 + 4);
        assertThat(tokenizer.encode("maru maru")).hasSize(2);
    }

    @Test
    void takesNearLinearTimeForAWordOfAMillionLetters() {
        Random random = new Random(1);
        StringBuilder word = new StringBuilder("a".repeat(500_000));
        random.ints(500_000, 'a', 'z' + 1).forEach(letter -> word.append((char) letter));
        BpeTrainer trainer = new BpeTrainer(2048, TieRule.SMALLEST_IDS);
        trainer.add(word.toString());
        BpeTokenizer tokenizer = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> trainer.train());
        assertThat(tokenizer.vocabularySize()).isEqualTo(2048);
    }

    @Test
    void tellsEachTokenThatItLearns() {
        List<Integer> told = new ArrayList<>();
        Expected.trainer(TieRule.SMALLEST_IDS).train(told::add);
        assertThat(told)
                .isSorted()
                .containsAll(IntStream.rangeClosed(257, Expected.vocabularySize())
                        .boxed()
                        .toList());
    }

    @Test
    void stopsInTheMiddleOfLearningWhenToldTo() {
        List<Integer> told = new ArrayList<>();
        BpeTrainer trainer = Expected.trainer(TieRule.SMALLEST_IDS);
        assertThatThrownBy(() -> trainer.train(tokens -> {
                    told.add(tokens);
                    if (tokens == 300) {
                        throw new InterruptedException("enough");
                    }
                }))
                .isInstanceOf(InterruptedException.class)
                .hasMessage("enough");
        assertThat(told.get(told.size() - 1)).isEqualTo(300);
    }

    /** Long before a merge, and while one is made at many places. */
    @Test
    void looksWhetherToGoOnWhileItReadsAndMergesMany() {
        StringBuilder text = new StringBuilder();
        for (int word = 0; word < 200_000; word++) {
            text.append(" in");
            Integer.toString(word).chars().forEach(digit -> text.append((char) (digit - '0' + 'a')));
        }
        BpeTrainer trainer = new BpeTrainer(258, TieRule.SMALLEST_IDS);
        trainer.add(text.toString());
        List<Integer> told = new ArrayList<>();
        trainer.train(told::add);
        // Twice over the words, twice over their places, and over the places of the one merge.
        assertThat(told.stream().filter(tokens -> tokens == 257).count()).isGreaterThan(2 * 3 + 2 * 15 + 2);
    }

    @Test
    void refusesWhatTakesMoreMemoryThanItMay(@TempDir Path folder) {
        Random random = new Random(3);
        StringBuilder text = new StringBuilder();
        for (int word = 0; word < 100_000; word++) {
            text.append(' ').append(Long.toString(random.nextLong() >>> 1, 36));
        }
        long previous = 0;
        for (int mebibytes : new int[] {1, 12, 24}) {
            try (BpeTrainer trainer = new BpeTrainer(
                    200_000, TieRule.SMALLEST_IDS, new BpeTrainer.Resources(1, 1 << 20, mebibytes << 20, folder))) {
                trainer.add(text.toString());
                LearningMemoryException refused = catchThrowableOfType(LearningMemoryException.class, trainer::train);
                assertThat(refused.getMessage())
                        .matches("learning: \\d+ bytes of memory or more at token \\d+, for different words of together"
                                + " \\d+ bytes \\(expected: at most " + (mebibytes << 20) + "\\)");
                long needed = Long.parseLong(refused.getMessage().split(" ")[1]);
                assertThat(needed).isGreaterThan(mebibytes << 20).isGreaterThan(previous);
                previous = needed;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, 0, 256, (1 << 18) + 1})
    void refusesAVocabularyWithoutRoomForBytesOrBeyondAllUse(int vocabularySize) {
        assertThatThrownBy(() -> new BpeTrainer(vocabularySize, TieRule.SMALLEST_IDS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("vocabularySize: " + vocabularySize + " (expected: 257 to 262144)");
    }

    private static JsonNode merges(BpeTokenizer tokenizer) throws IOException {
        return new ObjectMapper().readTree(tokenizer.toJson()).at("/model/merges");
    }
}
