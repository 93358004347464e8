package io.maru.cli.demo;

import io.maru.cli.demo.Story.Question;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Tells a plot in English. */
final class EnglishStory {
    static final List<String> PEOPLE = List.of(
            "Mina", "Tom", "Sora", "Ben", "Hana", "Leo", "Yuna", "Max", "Jisoo", "Sam", "Bora", "Dan", "Nari", "Tim",
            "Suji", "Jack", "Areum", "Will", "Dami", "Noah", "Eunji", "Luke", "Garam", "Finn");
    static final List<String> CHARACTERS =
            List.of("brave", "kind", "quiet", "clever", "cheerful", "patient", "curious", "honest", "gentle", "proud");
    static final List<String> THINGS = List.of(
            "kite", "book", "ball", "lamp", "drum", "cup", "hat", "key", "coin", "shell", "basket", "bell", "spoon",
            "clock", "rope", "boat", "doll", "stone", "scarf", "box");
    static final List<String> COLOURS = List.of("red", "blue", "green", "yellow", "white", "black", "brown", "golden");
    /** With what comes before them when somebody finds a thing there. */
    static final List<String> FOUND_AT = List.of(
            "in the park",
            "at the market",
            "in the garden",
            "at school",
            "on the hill",
            "by the river",
            "in the forest",
            "at the station",
            "in the kitchen",
            "by the lake",
            "in the attic",
            "on the beach",
            "at the farm",
            "in the library",
            "under the bridge",
            "in the yard");

    static final List<String> CARRIED_TO = List.of(
            "to the park",
            "to the market",
            "to the garden",
            "to school",
            "up the hill",
            "to the river",
            "into the forest",
            "to the station",
            "to the kitchen",
            "to the lake",
            "to the attic",
            "to the beach",
            "to the farm",
            "to the library",
            "to the bridge",
            "to the yard");
    static final List<String> TIMES =
            List.of("One morning", "One day", "One evening", "After school", "Before lunch", "On Sunday");
    static final List<String> FEELINGS = List.of("happy", "tired", "thankful", "surprised", "calm", "excited");

    private EnglishStory() {}

    static Story tell(Plot plot, SplittableRandom random) {
        String hero = PEOPLE.get(plot.hero());
        String friend = PEOPLE.get(plot.friend());
        String thing = THINGS.get(plot.thing());
        String foundAt = FOUND_AT.get(plot.foundAt());
        String carriedTo = CARRIED_TO.get(plot.carriedTo());
        List<String> sentences = new ArrayList<>();
        List<Question> questions = new ArrayList<>();

        String character = CHARACTERS.get(plot.character());
        sentences.add("%s was %s.".formatted(hero, character));
        questions.add(new Question("How was %s?".formatted(hero), character));

        String colour = COLOURS.get(plot.colour());
        sentences.add("%s %s found a %s %s %s.".formatted(TIMES.get(plot.time()), hero, colour, thing, foundAt));
        questions.add(new Question("Where did %s find the %s?".formatted(hero, thing), foundAt));
        questions.add(new Question("What did %s find?".formatted(hero), "a %s %s".formatted(colour, thing)));

        if (plot.length() >= 2) {
            sentences.add("%s carried the %s %s.".formatted(hero, thing, carriedTo));
            questions.add(new Question("Where did %s carry the %s?".formatted(hero, thing), carriedTo));
        }
        if (plot.length() >= 3) {
            sentences.add("There %s met %s and gave %s the %s.".formatted(hero, friend, friend, thing));
            questions.add(new Question("Who got the %s?".formatted(thing), friend));
        }
        if (plot.length() >= 4) {
            String feeling = FEELINGS.get(plot.feeling());
            sentences.add("In the end %s was %s.".formatted(friend, feeling));
            questions.add(new Question("How was %s in the end?".formatted(friend), feeling));
        }
        return new Story(sentences, Story.shuffled(questions, random), "Question", "Answer");
    }
}
