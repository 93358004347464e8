package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/*
 * Regular expressions as Hugging Face's engine (Oniguruma, Ruby's syntax) reads them, of the kinds that need no
 * backtracking. What it matches depends on the characters consumed and on one character after them:
 *
 *     \s+(?!\S)     a look-ahead at one character, or at the end: (?!..), (?=..), $
 *     \p{L}++       a possessive repetition of one character is a repetition, then a look-ahead: \p{L}+(?!\p{L})
 *     a{1,2}+       is no possessive one there, but (?:a{1,2})+
 *
 * The rest is refused by name: look-behind, look-ahead at more than one character, back references, atomic groups.
 * An expression becomes a program of four instructions, as Pike's machine has it; RegexMatcher runs it.
 */

/** Holds a compiled regular expression: instructions over sets of characters. */
final class Regex {
    static final int CHAR = 0;
    static final int SPLIT = 1;
    static final int LOOK = 2;
    static final int MATCH = 3;

    /** Bounds what a stranger's file can ask for. */
    private static final int MAX_LENGTH = 4096;

    /** All counts of {n,m} multiplied: repetitions are written out, and nested ones are a product. */
    private static final int MAX_REPETITIONS = 1000;

    private static final int MAX_INSTRUCTIONS = 4000;
    private static final int MAX_DEPTH = 50;
    private static final int MAX_CODE_POINT = Character.MAX_CODE_POINT;

    /** What an instruction does: {@link #CHAR}, {@link #SPLIT}, {@link #LOOK} or {@link #MATCH}. */
    final int[] kinds;
    /** Where to go on; of a split, what to try first. */
    final int[] next;
    /** What a split tries second. */
    final int[] other;
    /** The set of a character or look-ahead, as an index of {@link #sets}. */
    final int[] set;
    /** Whether a look-ahead holds at the end of the text. */
    final boolean[] atEnd;

    final List<BitSet> sets;

    private Regex(Compiler compiler) {
        int size = compiler.size;
        kinds = Arrays.copyOf(compiler.kinds, size);
        next = Arrays.copyOf(compiler.next, size);
        other = Arrays.copyOf(compiler.other, size);
        set = Arrays.copyOf(compiler.set, size);
        atEnd = Arrays.copyOf(compiler.atEnd, size);
        sets = compiler.sets;
    }

    /** @throws TokenizerFormatException if {@code regex} asks for what needs backtracking, or for a class without a table */
    static Regex compile(String regex, String place) {
        if (regex.length() > MAX_LENGTH) {
            throw new TokenizerFormatException(place, regex.length() + " characters", "at most " + MAX_LENGTH);
        }
        Parser parser = new Parser(regex, place);
        Node root = parser.parse();
        if (root.nullable()) {
            throw new TokenizerFormatException(place, regex, "a regular expression that matches no empty text");
        }
        return new Regex(new Compiler(parser, root));
    }

    /** Compiles an expression for this very text. */
    static Regex literal(String text, String place) {
        Node root = new Seq(text.codePoints()
                .mapToObj(codePoint -> (Node) new One(Parser.only(codePoint)))
                .toList());
        return new Regex(new Compiler(new Parser("", place), root));
    }

    private sealed interface Node permits One, Look, Seq, Alt, Repeat {
        /** Whether it may consume nothing. */
        boolean nullable();
    }

    /** One character. */
    private record One(BitSet set) implements Node {
        @Override
        public boolean nullable() {
            return false;
        }
    }

    /** Nothing, where the next character is one of these, or where the text ends if that is allowed. */
    private record Look(BitSet set, boolean atEnd) implements Node {
        @Override
        public boolean nullable() {
            return true;
        }
    }

    private record Seq(List<Node> parts) implements Node {
        @Override
        public boolean nullable() {
            return parts.stream().allMatch(Node::nullable);
        }
    }

    private record Alt(List<Node> choices) implements Node {
        @Override
        public boolean nullable() {
            return choices.stream().anyMatch(Node::nullable);
        }
    }

    /** @param max negative for no bound */
    private record Repeat(Node node, int min, int max, boolean greedy) implements Node {
        @Override
        public boolean nullable() {
            return min == 0 || node.nullable();
        }
    }

    /** From the tree to instructions, each written before what it goes on with. */
    private static final class Compiler {
        private final Parser parser;
        private int[] kinds = new int[64];
        private int[] next = new int[64];
        private int[] other = new int[64];
        private int[] set = new int[64];
        private boolean[] atEnd = new boolean[64];
        private int size;
        private final List<BitSet> sets = new ArrayList<>();

        Compiler(Parser parser, Node root) {
            this.parser = parser;
            int entry = add(SPLIT); // the first instruction is the start
            int match = add(MATCH);
            int start = compile(root, match);
            next[entry] = start;
            other[entry] = start;
        }

        private int compile(Node node, int then) {
            if (node instanceof One one) {
                return addSet(CHAR, one.set(), false, then);
            }
            if (node instanceof Look look) {
                return addSet(LOOK, look.set(), look.atEnd(), then);
            }
            if (node instanceof Seq seq) {
                int start = then;
                for (int i = seq.parts().size() - 1; i >= 0; i--) {
                    start = compile(seq.parts().get(i), start);
                }
                return start;
            }
            if (node instanceof Alt alt) {
                int start = compile(alt.choices().get(alt.choices().size() - 1), then);
                for (int i = alt.choices().size() - 2; i >= 0; i--) {
                    start = split(compile(alt.choices().get(i), then), start, true);
                }
                return start;
            }
            Repeat repeat = (Repeat) node;
            int start = then;
            if (repeat.max() < 0) {
                int loop = add(SPLIT);
                int body = compile(repeat.node(), loop);
                next[loop] = repeat.greedy() ? body : then;
                other[loop] = repeat.greedy() ? then : body;
                start = loop;
            } else {
                for (int i = repeat.min(); i < repeat.max(); i++) {
                    start = split(compile(repeat.node(), start), then, repeat.greedy());
                }
            }
            for (int i = 0; i < repeat.min(); i++) {
                start = compile(repeat.node(), start);
            }
            return start;
        }

        private int split(int first, int second, boolean inOrder) {
            int at = add(SPLIT);
            next[at] = inOrder ? first : second;
            other[at] = inOrder ? second : first;
            return at;
        }

        private int addSet(int kind, BitSet characters, boolean end, int then) {
            int index = sets.indexOf(characters);
            if (index < 0) {
                index = sets.size();
                sets.add(characters);
            }
            int at = add(kind);
            next[at] = then;
            set[at] = index;
            atEnd[at] = end;
            return at;
        }

        private int add(int kind) {
            if (size == MAX_INSTRUCTIONS) {
                throw parser.refusal("more than " + MAX_INSTRUCTIONS + " steps");
            }
            if (size == kinds.length) {
                kinds = Arrays.copyOf(kinds, 2 * size);
                next = Arrays.copyOf(next, 2 * size);
                other = Arrays.copyOf(other, 2 * size);
                set = Arrays.copyOf(set, 2 * size);
                atEnd = Arrays.copyOf(atEnd, 2 * size);
            }
            kinds[size] = kind;
            return size++;
        }
    }

    private static final class Parser {
        private final String regex;
        private final String place;
        private int at;
        private int depth;
        private long repetitions = 1;
        private boolean ignoresCase;

        Parser(String regex, String place) {
            this.regex = regex;
            this.place = place;
        }

        Node parse() {
            if (regex.startsWith("(?i)")) {
                ignoresCase = true;
                at = 4;
            }
            Node root = alternatives();
            if (at < regex.length()) {
                throw refusal(") without (");
            }
            return root;
        }

        private Node alternatives() {
            if (++depth > MAX_DEPTH) {
                throw refusal("more than " + MAX_DEPTH + " groups in one another");
            }
            List<Node> choices = new ArrayList<>();
            choices.add(sequence());
            while (at < regex.length() && regex.charAt(at) == '|') {
                at++;
                choices.add(sequence());
            }
            depth--;
            return choices.size() == 1 ? choices.get(0) : new Alt(choices);
        }

        private Node sequence() {
            List<Node> parts = new ArrayList<>();
            StringBuilder literal = new StringBuilder();
            while (at < regex.length() && regex.charAt(at) != '|' && regex.charAt(at) != ')') {
                char c = regex.charAt(at);
                boolean isLiteral = "\\[(.$^*+?{".indexOf(c) < 0;
                refuseFoldedPair(literal, isLiteral ? c : '\0');
                parts.add(repeated(atom()));
            }
            return parts.size() == 1 ? parts.get(0) : new Seq(parts);
        }

        /** Without regard to case two letters can be one character there, as ss is one for Germans. */
        private void refuseFoldedPair(StringBuilder literal, char c) {
            if (!ignoresCase || c == '\0') {
                literal.setLength(0);
                return;
            }
            literal.append(Character.toLowerCase(c));
            for (String pair : List.of("ss", "ff", "fi", "fl", "st")) {
                if (literal.toString().endsWith(pair)) {
                    throw refusal(pair + " without regard to case");
                }
            }
        }

        private Node atom() {
            char c = regex.charAt(at);
            switch (c) {
                case '(' -> {
                    return group();
                }
                case '[' -> {
                    at++;
                    return new One(anyCase(set()));
                }
                case '.' -> {
                    at++;
                    return new One(without(only('\n')));
                }
                case '$' -> {
                    at++;
                    return new Look(only('\n'), true);
                }
                case '\\' -> {
                    if (regex.startsWith("\\z", at)) {
                        at += 2;
                        return new Look(new BitSet(), true);
                    }
                    return new One(anyCase(escape()));
                }
                case '^', '*', '+', '?', '{' -> throw refusal(String.valueOf(c));
                default -> {
                    int codePoint = regex.codePointAt(at);
                    at += Character.charCount(codePoint);
                    return new One(anyCase(only(codePoint)));
                }
            }
        }

        private Node group() {
            boolean outerCase = ignoresCase;
            Node group;
            if (regex.startsWith("(?!", at) || regex.startsWith("(?=", at)) {
                boolean negative = regex.charAt(at + 2) == '!';
                int start = at;
                at += 3;
                Look one = oneCharacter(alternatives(), start);
                group = negative ? new Look(without(one.set()), !one.atEnd()) : one;
            } else {
                String kind = regex.startsWith("(?:", at) ? "(?:" : regex.startsWith("(?i:", at) ? "(?i:" : "(";
                if (kind.equals("(") && regex.startsWith("(?", at)) {
                    throw refusal(regex.substring(at, Math.min(regex.length(), at + 4)));
                }
                ignoresCase |= kind.equals("(?i:");
                at += kind.length();
                group = alternatives();
            }
            if (at == regex.length()) {
                throw refusal("( without )");
            }
            at++;
            ignoresCase = outerCase;
            return group;
        }

        private Look oneCharacter(Node node, int start) {
            if (node instanceof One one) {
                return new Look(one.set(), false);
            }
            if (node instanceof Look look) {
                return look;
            }
            if (node instanceof Alt alt) {
                BitSet all = new BitSet();
                boolean end = false;
                for (Node choice : alt.choices()) {
                    Look look = oneCharacter(choice, start);
                    all.or(look.set());
                    end |= look.atEnd();
                }
                return new Look(all, end);
            }
            throw refusal(regex.substring(start, at) + ", which looks at more than one character,");
        }

        private Node repeated(Node node) {
            if (at == regex.length()) {
                return node;
            }
            int min;
            int max;
            char c = regex.charAt(at);
            boolean counted = c == '{';
            switch (c) {
                case '*', '+', '?' -> {
                    min = c == '+' ? 1 : 0;
                    max = c == '?' ? 1 : -1;
                    at++;
                }
                case '{' -> {
                    int close = regex.indexOf('}', at);
                    String counts = close < 0 ? "" : regex.substring(at + 1, close);
                    if (!counts.matches("[0-9]{1,3}(,[0-9]{0,3})?")) {
                        throw refusal("{");
                    }
                    String[] parts = counts.split(",", -1);
                    min = Integer.parseInt(parts[0]);
                    max = parts.length == 1 ? min : parts[1].isEmpty() ? -1 : Integer.parseInt(parts[1]);
                    repetitions *= Math.max(1, Math.max(min, max));
                    if (repetitions > MAX_REPETITIONS) {
                        throw refusal("more than " + MAX_REPETITIONS + " repetitions");
                    }
                    if (max >= 0 && max < min) {
                        throw refusal("{" + counts + "}");
                    }
                    at = close + 1;
                }
                default -> {
                    return node;
                }
            }
            if (node instanceof Look || (max < 0 && node.nullable())) {
                throw refusal("a repetition of what may be empty");
            }
            char after = at < regex.length() ? regex.charAt(at) : '\0';
            Node result = new Repeat(node, min, max, after != '?');
            if (after == '?') {
                if (counted && min == max) {
                    throw refusal("{" + min + "}?");
                }
                at++;
            } else if (after == '+') {
                at++;
                result = counted ? again(result) : possessive(node, c, result);
            }
            if (at < regex.length() && "*+?{".indexOf(regex.charAt(at)) >= 0) {
                throw refusal("a repetition of a repetition");
            }
            return result;
        }

        /** After a count, a plus repeats what is counted. */
        private Node again(Node counted) {
            if (counted.nullable()) {
                throw refusal("a repetition of what may be empty");
            }
            return new Repeat(counted, 1, -1, true);
        }

        /** It takes all that it can and gives nothing back: after one character's, no more of it follows. */
        private Node possessive(Node node, char quantifier, Node greedy) {
            if (!(node instanceof One one)) {
                throw refusal(quantifier + "+ after more than one character");
            }
            Look noMore = new Look(without(one.set()), true);
            return quantifier == '?' ? new Alt(List.of(one, noMore)) : new Seq(List.of(greedy, noMore));
        }

        /** What is between brackets; the first of them is read. */
        private BitSet set() {
            if (++depth > MAX_DEPTH) {
                throw refusal("more than " + MAX_DEPTH + " sets in one another");
            }
            boolean negated = at < regex.length() && regex.charAt(at) == '^';
            if (negated) {
                at++;
            }
            BitSet all = null;
            BitSet part = new BitSet();
            boolean first = true;
            while (true) {
                if (at == regex.length()) {
                    throw refusal("[ without ]");
                }
                char c = regex.charAt(at);
                if (c == ']' && !first) {
                    at++;
                    break;
                }
                first = false;
                if (regex.startsWith("&&", at)) {
                    at += 2;
                    all = intersection(all, part);
                    part = new BitSet();
                } else if (regex.startsWith("[:", at)) {
                    throw refusal("[:");
                } else if (c == '[') {
                    at++;
                    part.or(set());
                } else {
                    part.or(item());
                }
            }
            depth--;
            BitSet result = intersection(all, part);
            return negated ? without(result) : result;
        }

        private static BitSet intersection(BitSet all, BitSet part) {
            if (all != null) {
                part.and(all);
            }
            return part;
        }

        /** A character, a range of them, or a class. */
        private BitSet item() {
            boolean escaped = regex.charAt(at) == '\\';
            BitSet first = escaped ? escape() : character();
            if (at + 1 < regex.length()
                    && regex.charAt(at) == '-'
                    && regex.charAt(at + 1) != ']'
                    && first.cardinality() == 1) {
                at++;
                if (regex.charAt(at) == '[') {
                    throw refusal("-[");
                }
                BitSet last = regex.charAt(at) == '\\' ? escape() : character();
                if (last.cardinality() != 1 || last.nextSetBit(0) < first.nextSetBit(0)) {
                    throw refusal("a range that is none");
                }
                first.set(first.nextSetBit(0), last.nextSetBit(0) + 1);
            }
            return first;
        }

        private BitSet character() {
            int codePoint = regex.codePointAt(at);
            at += Character.charCount(codePoint);
            return only(codePoint);
        }

        private BitSet escape() {
            if (at + 1 == regex.length()) {
                throw refusal("\\");
            }
            char c = regex.charAt(at + 1);
            at += 2;
            return switch (c) {
                case 's' -> CodePoints.set("S");
                case 'S' -> without(CodePoints.set("S"));
                case 'w' -> CodePoints.set("W");
                case 'W' -> without(CodePoints.set("W"));
                case 'd' -> CodePoints.set("Nd");
                case 'D' -> without(CodePoints.set("Nd"));
                case 'h' -> hexDigits();
                case 'H' -> without(hexDigits());
                case 'p', 'P' -> property(c == 'P');
                case 'r' -> only('\r');
                case 'n' -> only('\n');
                case 't' -> only('\t');
                case 'f' -> only('\f');
                case 'v' -> only(0x0B);
                case 'a' -> only(0x07);
                case 'e' -> only(0x1B);
                case 'x', 'u' -> only(hex(c));
                default -> {
                    if (c >= 0x80 || Character.isLetterOrDigit(c)) {
                        throw refusal("\\" + c);
                    }
                    yield only(c);
                }
            };
        }

        private static BitSet hexDigits() {
            BitSet digits = new BitSet();
            "0123456789abcdefABCDEF".chars().forEach(digits::set);
            return digits;
        }

        private int hex(char kind) {
            boolean braces = kind == 'x' && at < regex.length() && regex.charAt(at) == '{';
            int start = braces ? at + 1 : at;
            int end = braces ? regex.indexOf('}', at) : at + (kind == 'u' ? 4 : 2);
            String digits = end < 0 || end > regex.length() ? "" : regex.substring(start, end);
            int codePoint = digits.matches("[0-9a-fA-F]{1,6}") ? Integer.parseInt(digits, 16) : MAX_CODE_POINT + 1;
            // A byte that is no character by itself is one of Oniguruma's own affairs.
            if (codePoint > MAX_CODE_POINT || (kind == 'x' && !braces && codePoint > 0x7F)) {
                throw refusal("\\" + kind + digits);
            }
            at = braces ? end + 1 : end;
            return codePoint;
        }

        private BitSet property(boolean negated) {
            int close = regex.indexOf('}', at);
            if (at == regex.length() || regex.charAt(at) != '{' || close < 0) {
                throw refusal("\\p without {}");
            }
            String name = regex.substring(at + 1, close);
            at = close + 1;
            boolean caret = name.startsWith("^");
            BitSet set = CodePoints.property(caret ? name.substring(1) : name);
            if (set == null) {
                throw refusal("\\p{" + name + "}");
            }
            return negated == caret ? set : without(set);
        }

        /** Adds what is the same without regard to case, of ASCII; the tables of the rest differ between libraries. */
        private BitSet anyCase(BitSet set) {
            if (!ignoresCase) {
                return set;
            }
            if (set.length() > 0x80) {
                throw refusal("what is not ASCII, without regard to case,");
            }
            BitSet both = (BitSet) set.clone();
            for (int c = set.nextSetBit(0); c >= 0; c = set.nextSetBit(c + 1)) {
                both.set(Character.toLowerCase(c));
                both.set(Character.toUpperCase(c));
            }
            if (both.get('s')) {
                both.set(0x17F); // long s
            }
            if (both.get('k')) {
                both.set(0x212A); // Kelvin
            }
            return both;
        }

        static BitSet only(int codePoint) {
            BitSet set = new BitSet();
            set.set(codePoint);
            return set;
        }

        private static BitSet without(BitSet set) {
            BitSet rest = (BitSet) set.clone();
            rest.flip(0, MAX_CODE_POINT + 1);
            return rest;
        }

        TokenizerFormatException refusal(String found) {
            return new TokenizerFormatException(
                    place, found + " in " + regex, "a known pattern, or one that linear time can match");
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d instructions over %d sets", kinds.length, sets.size());
    }
}
