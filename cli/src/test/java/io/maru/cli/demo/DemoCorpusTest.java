package io.maru.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DemoCorpusTest {
    private static String corpus(long seed, int stories) throws IOException {
        StringWriter out = new StringWriter();
        DemoCorpus.write(seed, stories, out);
        return out.toString();
    }

    private static List<String> stories(String corpus) {
        return Arrays.stream(corpus.split(java.util.regex.Pattern.quote(DemoCorpus.SEPARATOR + "\n")))
                .toList();
    }

    @Test
    void theSameSeedGivesTheSameText() throws IOException {
        assertThat(corpus(1, 500)).isEqualTo(corpus(1, 500));
        assertThat(corpus(1, 500)).isNotEqualTo(corpus(2, 500));
    }

    @Test
    void isSeveralMegabytes() throws IOException {
        int bytes = corpus(DemoCorpus.SEED, DemoCorpus.STORIES).getBytes(StandardCharsets.UTF_8).length;
        assertThat(bytes).isBetween(4_000_000, 10_000_000);
    }

    @Test
    void aHeldOutStoryIsHardlyEverOneOfTheOthers() throws IOException {
        List<String> stories = stories(corpus(DemoCorpus.SEED, DemoCorpus.STORIES));
        List<String> heldOut = stories.subList(0, 2_000);
        Set<String> others = new HashSet<>(stories.subList(2_000, stories.size()));
        assertThat(heldOut.stream().filter(others::contains).count()).isLessThan(20);
    }

    @Test
    void everyAnswerStandsInItsStory() throws IOException {
        for (String story : stories(corpus(3, 3_000))) {
            String told = story.substring(0, story.indexOf("\n\n"));
            List<String> answers = story.lines()
                    .filter(line -> line.startsWith("Answer: ") || line.startsWith("답: "))
                    .map(line -> line.substring(line.indexOf(": ") + 2))
                    .toList();
            assertThat(answers).hasSizeGreaterThanOrEqualTo(3);
            // 빨간 연 is told as 빨간 연을: each word of the answer begins a word, or its particle would be another.
            assertThat(answers).allSatisfy(answer -> assertThat(told).contains(answer));
        }
    }

    @Test
    void choosesTheParticleByTheLastSound() {
        assertThat(KoreanStory.topic("민아")).isEqualTo("민아는");
        assertThat(KoreanStory.topic("지훈")).isEqualTo("지훈은");
        assertThat(KoreanStory.object("연")).isEqualTo("연을");
        assertThat(KoreanStory.object("모자")).isEqualTo("모자를");
        // After ㄹ as after a vowel.
        assertThat(KoreanStory.direction("교실")).isEqualTo("교실로");
        assertThat(KoreanStory.direction("공원")).isEqualTo("공원으로");
        assertThat(KoreanStory.direction("학교")).isEqualTo("학교로");
    }

    @Test
    void everyWordListIsAsLongAsThePlotSays() {
        assertThat(List.of(EnglishStory.PEOPLE, KoreanStory.PEOPLE))
                .allSatisfy(words -> assertThat(new HashSet<>(words)).hasSize(Plot.PEOPLE));
        assertThat(List.of(EnglishStory.CHARACTERS, KoreanStory.CHARACTERS)).allMatch(l -> l.size() == Plot.CHARACTERS);
        assertThat(List.of(EnglishStory.THINGS, KoreanStory.THINGS)).allMatch(l -> l.size() == Plot.THINGS);
        assertThat(List.of(EnglishStory.COLOURS, KoreanStory.COLOURS)).allMatch(l -> l.size() == Plot.COLOURS);
        assertThat(List.of(EnglishStory.FOUND_AT, EnglishStory.CARRIED_TO, KoreanStory.PLACES))
                .allMatch(l -> l.size() == Plot.PLACES);
        assertThat(List.of(EnglishStory.TIMES, KoreanStory.TIMES)).allMatch(l -> l.size() == Plot.TIMES);
        assertThat(List.of(EnglishStory.FEELINGS, KoreanStory.FEELINGS)).allMatch(l -> l.size() == Plot.FEELINGS);
    }
}
