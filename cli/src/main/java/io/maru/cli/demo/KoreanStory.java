package io.maru.cli.demo;

import io.maru.cli.demo.Story.Question;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Tells a plot in Korean. */
final class KoreanStory {
    static final List<String> PEOPLE = List.of(
            "민아", "철수", "소라", "영민", "하나", "지훈", "유나", "동욱", "지수", "상민", "보라", "도윤", "나리", "태민", "수지", "재현", "아름", "우진",
            "다미", "건우", "은지", "준서", "가람", "현우");
    /** In the form that stands before 사람. */
    static final List<String> CHARACTERS =
            List.of("용감한", "친절한", "조용한", "똑똑한", "명랑한", "끈기 있는", "궁금한 것이 많은", "정직한", "다정한", "당당한");

    static final List<String> THINGS = List.of(
            "연", "책", "공", "등불", "북", "컵", "모자", "열쇠", "동전", "조개", "바구니", "종", "숟가락", "시계", "밧줄", "배", "인형", "돌", "목도리",
            "상자");
    static final List<String> COLOURS = List.of("빨간", "파란", "초록색", "노란", "하얀", "까만", "갈색", "금빛");
    static final List<String> PLACES =
            List.of("공원", "시장", "정원", "학교", "언덕", "강가", "숲", "역", "부엌", "호수", "다락방", "바닷가", "농장", "도서관", "다리 밑", "마당");
    static final List<String> TIMES = List.of("어느 날 아침", "어느 날", "어느 날 저녁", "방과 후", "점심 전", "일요일");
    /** The stem before 했다, as in 행복했다. */
    static final List<String> FEELINGS = List.of("행복", "피곤", "감사", "당황", "차분", "흥분");

    private KoreanStory() {}

    static Story tell(Plot plot, SplittableRandom random) {
        String hero = PEOPLE.get(plot.hero());
        String friend = PEOPLE.get(plot.friend());
        String thing = THINGS.get(plot.thing());
        String foundAt = PLACES.get(plot.foundAt());
        String carriedTo = PLACES.get(plot.carriedTo());
        List<String> sentences = new ArrayList<>();
        List<Question> questions = new ArrayList<>();

        String character = CHARACTERS.get(plot.character()) + " 사람";
        sentences.add("%s %s이었다.".formatted(topic(hero), character));
        questions.add(new Question("%s 어떤 사람이었나요?".formatted(topic(hero)), character));

        String colour = COLOURS.get(plot.colour());
        sentences.add(
                "%s %s %s에서 %s %s 찾았다.".formatted(TIMES.get(plot.time()), topic(hero), foundAt, colour, object(thing)));
        questions.add(new Question("%s %s 어디에서 찾았나요?".formatted(topic(hero), object(thing)), foundAt));
        questions.add(new Question("%s 무엇을 찾았나요?".formatted(topic(hero)), colour + " " + thing));

        if (plot.length() >= 2) {
            sentences.add("%s %s %s 가져갔다.".formatted(topic(hero), object(thing), direction(carriedTo)));
            questions.add(new Question("%s %s 어디로 가져갔나요?".formatted(topic(hero), object(thing)), carriedTo));
        }
        if (plot.length() >= 3) {
            sentences.add("거기서 %s %s 만나 %s 주었다.".formatted(topic(hero), object(friend), object(thing)));
            questions.add(new Question("누가 %s 받았나요?".formatted(object(thing)), friend));
        }
        if (plot.length() >= 4) {
            String feeling = FEELINGS.get(plot.feeling());
            sentences.add("마침내 %s %s했다.".formatted(topic(friend), feeling));
            questions.add(new Question("마침내 %s 어땠나요?".formatted(topic(friend)), feeling + "했다"));
        }
        return new Story(sentences, Story.shuffled(questions, random), "질문", "답");
    }

    static String topic(String noun) {
        return noun + (endsInConsonant(noun) ? "은" : "는");
    }

    static String object(String noun) {
        return noun + (endsInConsonant(noun) ? "을" : "를");
    }

    /** 로 after a vowel and after ㄹ, 으로 after any other consonant. */
    static String direction(String noun) {
        int last = finalConsonant(noun);
        return noun + (last == 0 || last == RIEUL ? "로" : "으로");
    }

    private static final int RIEUL = 8;

    private static boolean endsInConsonant(String noun) {
        return finalConsonant(noun) != 0;
    }

    /** Which of the 27 final consonants ends the word, 0 for none: a Hangul syllable is (initial * 21 + vowel) * 28 + final. */
    private static int finalConsonant(String noun) {
        return (noun.charAt(noun.length() - 1) - '가') % 28;
    }
}
