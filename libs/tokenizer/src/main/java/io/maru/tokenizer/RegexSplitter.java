package io.maru.tokenizer;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts text by a regular expression that is none of the {@link WordPattern}s: each match is a word, and so is what is
 * between two. RE2 needs time in proportion to the text for a match, whatever the expression.
 *
 * <p>What RE2 would understand otherwise than Hugging Face's engine does is written out for it, or refused by name: a
 * class by Unicode property becomes this library's own table, and look-around, possessive and back references, which
 * linear time cannot have, are refused.
 */
final class RegexSplitter implements Splitter {
    private static final int MAX_LENGTH = 4096;
    /** All counts of {n,m} multiplied: RE2 writes repetitions out, and nested ones are a product. */
    private static final int MAX_REPETITIONS = 1000;

    private final Pattern pattern;

    /** @throws TokenizerFormatException if {@code regex} asks for what this class would not do exactly */
    RegexSplitter(String regex, String place) {
        if (regex.length() > MAX_LENGTH) {
            throw new TokenizerFormatException(place, regex.length() + " characters", "at most " + MAX_LENGTH);
        }
        try {
            pattern = Pattern.compile(new Translation(regex, place).translate());
        } catch (PatternSyntaxException e) {
            throw new TokenizerFormatException(place, regex, "a regular expression that RE2 knows", e);
        }
        if (pattern.matches("")) {
            throw new TokenizerFormatException(place, regex, "a regular expression that matches no empty text");
        }
    }

    @Override
    public void split(byte[] text, int start, int end, Words words) {
        byte[] piece = Arrays.copyOfRange(text, start, end);
        Matcher matcher = pattern.matcher(piece);
        int from = 0;
        while (from < piece.length && matcher.find()) {
            if (matcher.start() > from) {
                words.word(text, start + from, start + matcher.start());
            }
            if (matcher.end() > matcher.start()) {
                words.word(text, start + matcher.start(), start + matcher.end());
            }
            from = matcher.end();
        }
        if (from < piece.length) {
            words.word(text, start + from, end);
        }
    }

    /** Translates a pattern that Hugging Face's engine reads into one that RE2 reads with the same meaning. */
    private static final class Translation {
        private final String regex;
        private final String place;
        private final StringBuilder out = new StringBuilder();
        private int at;
        private long repetitions = 1;

        Translation(String regex, String place) {
            this.regex = regex;
            this.place = place;
        }

        String translate() {
            while (at < regex.length()) {
                char c = regex.charAt(at);
                switch (c) {
                    case '\\' -> escape(false);
                    case '[' -> set();
                    case '(' -> group();
                    case '*', '+', '?' -> quantifier();
                    case '{' -> repetition();
                    case '^', '$' -> throw refusal(String.valueOf(c)); // of lines there, of the text here
                    default -> {
                        out.append(c);
                        at++;
                    }
                }
            }
            return out.toString();
        }

        private void group() {
            if (regex.startsWith("(?", at)) {
                String kind = regex.startsWith("(?:", at) ? "(?:" : regex.startsWith("(?i:", at) ? "(?i:" : null;
                if (kind == null) {
                    throw refusal(regex.substring(at, Math.min(regex.length(), at + 4)));
                }
                if (kind.equals("(?i:")) {
                    refuseCaseBeyondAscii();
                }
                out.append(kind);
                at += kind.length();
            } else {
                out.append("(?:");
                at++;
            }
        }

        /** Which characters are equal without regard to case is a table too, and RE2's is another. */
        private void refuseCaseBeyondAscii() {
            int close = regex.indexOf(')', at);
            String inside = regex.substring(at, close < 0 ? regex.length() : close);
            if (!inside.chars().allMatch(c -> c < 0x80) || inside.contains("\\") || inside.contains("[^")) {
                throw refusal(inside);
            }
        }

        private void repetition() {
            int close = regex.indexOf('}', at);
            if (close < 0 || !regex.substring(at + 1, close).matches("[0-9]{1,3}(,[0-9]{0,3})?")) {
                throw refusal("{");
            }
            for (String count : regex.substring(at + 1, close).split(",")) {
                repetitions *= Math.max(1, Integer.parseInt(count));
                if (repetitions > MAX_REPETITIONS) {
                    throw refusal("more than " + MAX_REPETITIONS + " repetitions");
                }
            }
            out.append(regex, at, close);
            at = close;
            quantifier();
        }

        private void quantifier() {
            char c = regex.charAt(at);
            out.append(c);
            at++;
            if (at < regex.length() && regex.charAt(at) == '+') {
                throw refusal(c + "+");
            }
        }

        private void set() {
            out.append('[');
            at++;
            if (at < regex.length() && regex.charAt(at) == '^') {
                out.append('^');
                at++;
            }
            boolean first = true;
            while (at < regex.length() && (first || regex.charAt(at) != ']')) {
                char c = regex.charAt(at);
                if (c == '\\') {
                    escape(true);
                } else if (c == '[' || c == ']' || regex.startsWith("&&", at)) {
                    throw refusal(String.valueOf(c)); // a set inside a set, or an intersection of two
                } else {
                    out.append(c);
                    at++;
                }
                first = false;
            }
            if (at == regex.length()) {
                throw refusal("[ without ]");
            }
            out.append(']');
            at++;
        }

        private void escape(boolean inSet) {
            if (at + 1 == regex.length()) {
                throw refusal("\\");
            }
            char c = regex.charAt(at + 1);
            at += 2;
            switch (c) {
                case 's', 'S' -> property("S", true, c == 'S', inSet);
                case 'w', 'W' -> property("W", true, c == 'W', inSet);
                case 'd', 'D' -> property("Nd", false, c == 'D', inSet);
                case 'p', 'P' -> namedProperty(c == 'P', inSet);
                case 'r', 'n', 't', 'f', 'v' -> out.append('\\').append(c);
                default -> {
                    if (c >= 0x80 || Character.isLetterOrDigit(c)) {
                        throw refusal("\\" + c);
                    }
                    out.append('\\').append(c);
                }
            }
        }

        private void namedProperty(boolean negated, boolean inSet) {
            int close = regex.indexOf('}', at);
            if (at == regex.length() || regex.charAt(at) != '{' || close < 0) {
                throw refusal("\\p without {}");
            }
            String name = regex.substring(at + 1, close);
            at = close + 1;
            boolean caret = name.startsWith("^");
            property(caret ? name.substring(1) : name, false, negated != caret, inSet);
        }

        private void property(String name, boolean escape, boolean negated, boolean inSet) {
            List<int[]> ranges = CodePoints.ranges(name, escape);
            if (ranges == null || (negated && inSet)) {
                throw refusal((negated ? "not " : "") + "\\p{" + name + "}" + (inSet ? " in a set" : ""));
            }
            if (!inSet) {
                out.append(negated ? "[^" : "[");
            }
            for (int[] range : ranges) {
                out.append(String.format("\\x{%X}-\\x{%X}", range[0], range[1]));
            }
            if (!inSet) {
                out.append(']');
            }
        }

        private TokenizerFormatException refusal(String found) {
            return new TokenizerFormatException(
                    place, found + " in " + regex, "a known pattern, or one that linear time can match");
        }
    }
}
