package io.maru.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Made-up words as often as Zipf's law has them, three quarters of the documents Latin, one Hangul. */
final class MadeUpText {
    private static final int DIFFERENT_WORDS = 50_000;

    private final Random random;
    private final List<String> latin = new ArrayList<>();
    private final List<String> hangul = new ArrayList<>();

    MadeUpText(Random random) {
        this.random = random;
        for (int i = 0; i < DIFFERENT_WORDS; i++) {
            StringBuilder word = new StringBuilder();
            for (int syllable = 0; syllable <= random.nextInt(4); syllable++) {
                word.append("bcdfghklmnprstvw".charAt(random.nextInt(16)))
                        .append("aeiou".charAt(random.nextInt(5)))
                        .append(random.nextInt(3) == 0 ? "nrst".charAt(random.nextInt(4)) + "" : "");
            }
            latin.add(word.toString());
            word.setLength(0);
            random.ints(2 + random.nextInt(3), 0xAC00, 0xAC00 + 2_000).forEach(word::appendCodePoint);
            hangul.add(word.toString());
        }
    }

    /** Some 2,000 characters. */
    String document() {
        List<String> words = random.nextInt(4) == 0 ? hangul : latin;
        StringBuilder document = new StringBuilder();
        while (document.length() < 2_000) {
            // The logarithm of the rank is uniform: frequency falls as one over the rank.
            document.append(words.get((int) Math.pow(DIFFERENT_WORDS, random.nextDouble()) - 1))
                    .append(random.nextInt(12) == 0 ? ".\n" : random.nextInt(9) == 0 ? ", " : " ");
        }
        return document.toString();
    }
}
