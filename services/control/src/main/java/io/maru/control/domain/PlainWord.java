package io.maru.control.domain;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/*
 * YAML 1.1, YAML 1.2 and the libraries between them disagree about what such a word is:
 *
 *     0100          64, 100, or a text
 *     1:30          90, or a text
 *     2024-01-31    a date, a number of milliseconds, or a text
 *     no            false, or a text
 *
 * Whoever writes one means one of them, and only quotes tell which.
 */
/** Tells which values of a recipe look like one thing and are another to some reader of YAML. */
final class PlainWord {
    private static final Map<Pattern, String> AMBIGUOUS = Map.of(
            pattern("[-+]?0[0-9_]+(\\.[0-9_]*)?(e[-+]?[0-9]+)?"), "a number without leading zeros",
            pattern("[-+]?0[xob][0-9a-z_]*"), "a decimal number",
            pattern("[-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\\.[0-9_]*)?"), "a plain number",
            pattern("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t \t].*)?"), "no date",
            pattern("[-+]?\\.(inf|nan)"), "a finite number",
            pattern("~|null"), "a value, or no such key",
            pattern("y|yes|n|no|on|off"), "true or false",
            Pattern.compile("T(rue|RUE)|F(alse|ALSE)"), "true or false, in small letters");

    private PlainWord() {}

    private static Pattern pattern(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }

    /**
     * What to write in place of {@code word}; empty where it can only be what it looks like.
     *
     * @param word a value without quotes
     */
    static Optional<String> expectation(String word) {
        return AMBIGUOUS.entrySet().stream()
                .filter(entry -> entry.getKey().matcher(word).matches())
                .findFirst()
                .map(entry -> entry.getValue() + "; if text is meant, put it in quotes: \"" + Shown.cut(word) + '"');
    }
}
