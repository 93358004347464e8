package io.maru.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts text into words as GPT-2's pattern does, by hand: each character is looked at a bounded number of times, so no
 * text makes it slow.
 *
 * <pre>
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * </pre>
 *
 * <p>The character classes are a table in this library, not the JDK's: two JDKs know two Unicode versions, and a word
 * that is cut differently is a different training example.
 */
final class Gpt2Splitter {
    private static final byte OTHER = 0;
    private static final byte SPACE = 1;
    private static final byte LETTER = 2;
    private static final byte NUMBER = 3;

    /** The class of each code point; those beyond its end are OTHER. */
    private static final byte[] CLASSES = readClasses("unicode-classes.txt");

    private Gpt2Splitter() {}

    /** The end of the word that starts at {@code start}; a lone surrogate counts as a symbol. */
    static int end(String text, int start) {
        int contraction = contractionEnd(text, start);
        if (contraction > start) {
            return contraction;
        }
        int length = text.length();
        int first = text.codePointAt(start);
        if (classOf(first) != SPACE) {
            return runEnd(text, start, classOf(first));
        }
        if (first == ' ' && start + 1 < length) {
            byte next = classOf(text.codePointAt(start + 1));
            if (next != SPACE) {
                return runEnd(text, start + 1, next);
            }
        }
        int end = runEnd(text, start, SPACE);
        // Of several spaces before a word the last one is left to it. All white space is one char wide.
        return end == length || end == start + 1 ? end : end - 1;
    }

    private static int contractionEnd(String text, int start) {
        if (text.charAt(start) != '\'' || start + 1 == text.length()) {
            return start;
        }
        char second = text.charAt(start + 1);
        char third = start + 2 < text.length() ? text.charAt(start + 2) : 0;
        return switch (second) {
            case 's', 't', 'm', 'd' -> start + 2;
            case 'r', 'v' -> third == 'e' ? start + 3 : start;
            case 'l' -> third == 'l' ? start + 3 : start;
            default -> start;
        };
    }

    private static int runEnd(String text, int start, byte runClass) {
        int end = start;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            if (classOf(codePoint) != runClass) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return end;
    }

    private static byte classOf(int codePoint) {
        return codePoint < CLASSES.length ? CLASSES[codePoint] : OTHER;
    }

    /** Lines are {@code L 0041-005A} or {@code L 00AA}, ascending; {@code #} starts a comment. */
    private static byte[] readClasses(String resource) {
        List<String> ranges;
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(Gpt2Splitter.class.getResourceAsStream(resource), StandardCharsets.US_ASCII))) {
            ranges = lines.lines().filter(line -> !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
        byte[] classes = new byte[0];
        for (String range : ranges) {
            int dash = range.indexOf('-');
            int first = Integer.parseInt(range, 2, dash < 0 ? range.length() : dash, 16);
            int last = dash < 0 ? first : Integer.parseInt(range, dash + 1, range.length(), 16);
            if (last >= classes.length) {
                classes = Arrays.copyOf(
                        classes, Math.max(last + 1, Math.min(2 * classes.length, Character.MAX_CODE_POINT)));
            }
            byte rangeClass =
                    switch (range.charAt(0)) {
                        case 'S' -> SPACE;
                        case 'L' -> LETTER;
                        case 'N' -> NUMBER;
                        default ->
                            throw new IllegalStateException(resource + ": " + range + " (expected: S, L or N first)");
                    };
            Arrays.fill(classes, first, last + 1, rangeClass);
        }
        return classes;
    }
}
