package io.maru.cli.run;

import java.util.ArrayList;
import java.util.List;

/** Measures and breaks text as a terminal shows it, where a Korean or Chinese character takes two columns. */
public final class Columns {
    private Columns() {}

    public static int width(String text) {
        return text.codePoints().map(Columns::width).sum();
    }

    private static int width(int codePoint) {
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        // The wide blocks of Unicode's EastAsianWidth.txt, rounded outwards.
        return codePoint >= 0x1100 && codePoint <= 0x115F
                        || codePoint >= 0x2E80 && codePoint <= 0xA4CF
                        || codePoint >= 0xAC00 && codePoint <= 0xD7A3
                        || codePoint >= 0xF900 && codePoint <= 0xFAFF
                        || codePoint >= 0xFE30 && codePoint <= 0xFE6F
                        || codePoint >= 0xFF00 && codePoint <= 0xFF60
                        || codePoint >= 0xFFE0 && codePoint <= 0xFFE6
                        || codePoint >= 0x1F300 && codePoint <= 0x1FAFF
                        || codePoint >= 0x20000 && codePoint <= 0x3FFFD
                ? 2
                : 1;
    }

    /** What fits into so many columns. */
    public static String cut(String text, int columns) {
        return text.substring(0, end(text, 0, columns));
    }

    /** The text in lines of at most so many columns, broken at spaces where there are some; at least one line. */
    public static List<String> wrap(String text, int columns) {
        List<String> lines = new ArrayList<>();
        int start = 0;
        while (true) {
            int end = end(text, start, columns);
            if (end == text.length()) {
                lines.add(text.substring(start));
                return lines;
            }
            int space = text.lastIndexOf(' ', end);
            int stop = space > start ? space : end;
            lines.add(text.substring(start, stop));
            start = space > start ? space + 1 : end;
        }
    }

    /** Where the text that begins at {@code start} and fits ends; after at least one character, so that breaking comes to an end. */
    private static int end(String text, int start, int columns) {
        int used = 0;
        int end = start;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            used += width(codePoint);
            if (used > columns && end > start) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return end;
    }
}
