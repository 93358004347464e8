package io.maru.cli.demo;

import java.util.SplittableRandom;

/**
 * What happens in a story, before it is told in a language. Every part is a number that each language looks up in its own
 * word list.
 *
 * @param length how much of it is told: 1 the hero and the find, 2 also the way, 3 also the gift, 4 also the end
 */
record Plot(
        int hero,
        int friend,
        int character,
        int thing,
        int colour,
        int foundAt,
        int carriedTo,
        int time,
        int feeling,
        int length) {
    static final int PEOPLE = 24;
    static final int CHARACTERS = 10;
    static final int THINGS = 20;
    static final int COLOURS = 8;
    static final int PLACES = 16;
    static final int TIMES = 6;
    static final int FEELINGS = 6;

    static Plot draw(SplittableRandom random) {
        int hero = random.nextInt(PEOPLE);
        int foundAt = random.nextInt(PLACES);
        return new Plot(
                hero,
                other(random, hero, PEOPLE),
                random.nextInt(CHARACTERS),
                random.nextInt(THINGS),
                random.nextInt(COLOURS),
                foundAt,
                other(random, foundAt, PLACES),
                random.nextInt(TIMES),
                random.nextInt(FEELINGS),
                random.nextInt(2) == 0 ? 1 : 2 + random.nextInt(3));
    }

    private static int other(SplittableRandom random, int than, int bound) {
        return (than + 1 + random.nextInt(bound - 1)) % bound;
    }
}
