package io.maru.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What kind of character each code point is.
 *
 * <p>The table is in this library and is not the JDK's: two JDKs know two Unicode versions, and a word that is cut
 * differently is a different training example.
 */
final class CodePoints {
    static final int OTHER = 0;
    static final int SPACE = 1;
    /** Carriage return and line feed; white space too. */
    static final int NEWLINE = 2;

    static final int UPPER = 3; // Lu, Lt
    static final int LOWER = 4; // Ll
    static final int UNCASED = 5; // Lm, Lo
    static final int MARK = 6;
    static final int NUMBER = 7;

    static final int LETTERS = 1 << UPPER | 1 << LOWER | 1 << UNCASED;
    static final int SPACES = 1 << SPACE | 1 << NEWLINE;
    static final int NUMBERS = 1 << NUMBER;
    /** Neither white space, nor letter, nor number. */
    static final int SYMBOLS = 1 << OTHER | 1 << MARK;

    private static final int BLOCK_BITS = 8;
    private static final int BLOCK = 1 << BLOCK_BITS;

    /** Ranges by the names in the resource, each {@code {first, last}}, ascending. */
    private static final Map<String, List<int[]>> RANGES = readRanges("unicode-classes.txt");

    private static final Set<String> SCRIPTS = Set.of(
            "Han",
            "Hiragana",
            "Katakana",
            "Hangul",
            "Latin",
            "Greek",
            "Cyrillic",
            "Arabic",
            "Hebrew",
            "Thai",
            "Devanagari",
            "Bengali",
            "Tamil",
            "Armenian",
            "Georgian");

    private static final BitSet WORD = new BitSet();
    private static final byte[] ASCII = new byte[0x80];
    /** Blocks of one kind throughout, as most are, are kept once. */
    private static final byte[][] BLOCKS = blocks();

    static {
        System.arraycopy(BLOCKS[0], 0, ASCII, 0, ASCII.length);
        RANGES.get("B").forEach(range -> WORD.set(range[0], range[1] + 1));
    }

    private CodePoints() {}

    /** The kind of a code point below U+0080. */
    static int asciiKind(int c) {
        return ASCII[c];
    }

    static int kind(int codePoint) {
        return BLOCKS[codePoint >> BLOCK_BITS][codePoint & (BLOCK - 1)];
    }

    static boolean is(int kinds, int codePoint) {
        return (kinds >>> kind(codePoint) & 1) != 0;
    }

    /** Whether a word goes on with it; what a regular expression's {@code \w} matches is a little more. */
    static boolean isWord(int codePoint) {
        return WORD.get(codePoint);
    }

    /** A copy of the class that the resource has under {@code name}. */
    static BitSet set(String name) {
        BitSet set = new BitSet();
        RANGES.get(name).forEach(range -> set.set(range[0], range[1] + 1));
        return set;
    }

    /**
     * The class that a regular expression calls {@code \p{name}}: a general category, its first letter, or a script.
     * Null if this library has no table of it.
     */
    static BitSet property(String name) {
        String plain = name.replaceAll("[ _-]", "").toLowerCase(Locale.ROOT);
        if (plain.equals("c")) {
            // Others are what is not assigned too, which has no ranges here.
            BitSet others = new BitSet();
            RANGES.keySet().stream()
                    .filter(category -> isCategory(category) && !category.startsWith("C"))
                    .forEach(category -> others.or(set(category)));
            others.flip(0, Character.MAX_CODE_POINT + 1);
            return others;
        }
        BitSet all = new BitSet();
        for (String known : RANGES.keySet()) {
            boolean isCategory = isCategory(known);
            if (isCategory
                    ? known.equalsIgnoreCase(plain)
                            || (plain.length() == 1
                                    && known.toLowerCase(Locale.ROOT).startsWith(plain))
                    : SCRIPTS.contains(known) && known.equalsIgnoreCase(plain)) {
                all.or(set(known));
            }
        }
        return all.isEmpty() ? null : all;
    }

    private static boolean isCategory(String name) {
        return name.length() == 2;
    }

    private static byte[][] blocks() {
        byte[][] blocks = new byte[Character.MAX_CODE_POINT + 1 >> BLOCK_BITS][];
        Arrays.fill(blocks, new byte[BLOCK]);
        byte[] uniform = blocks[0];
        RANGES.forEach((name, ranges) -> {
            int kind = kindOf(name);
            for (int[] range : kind == OTHER ? List.<int[]>of() : ranges) {
                for (int codePoint = range[0]; codePoint <= range[1]; codePoint++) {
                    int block = codePoint >> BLOCK_BITS;
                    if (blocks[block] == uniform) {
                        blocks[block] = new byte[BLOCK];
                    }
                    blocks[block][codePoint & (BLOCK - 1)] = (byte) kind;
                }
            }
        });
        blocks[0]['\r'] = NEWLINE;
        blocks[0]['\n'] = NEWLINE;
        for (int block = 1; block < blocks.length; block++) {
            if (Arrays.equals(blocks[block], blocks[block - 1])) {
                blocks[block] = blocks[block - 1];
            }
        }
        return blocks;
    }

    private static int kindOf(String name) {
        return switch (name) {
            case "Lu", "Lt" -> UPPER;
            case "Ll" -> LOWER;
            case "Lm", "Lo" -> UNCASED;
            case "Mn", "Mc", "Me" -> MARK;
            case "Nd", "Nl", "No" -> NUMBER;
            case "S" -> SPACE;
            default -> OTHER;
        };
    }

    /** Lines are {@code Lu 0041-005A} or {@code Lo 00AA}; {@code #} starts a comment. */
    private static Map<String, List<int[]>> readRanges(String resource) {
        Map<String, List<int[]>> ranges = new LinkedHashMap<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(CodePoints.class.getResourceAsStream(resource), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("#")) {
                    continue;
                }
                int space = line.indexOf(' ');
                int dash = line.indexOf('-');
                int first = Integer.parseInt(line, space + 1, dash < 0 ? line.length() : dash, 16);
                int last = dash < 0 ? first : Integer.parseInt(line, dash + 1, line.length(), 16);
                ranges.computeIfAbsent(line.substring(0, space), name -> new ArrayList<>())
                        .add(new int[] {first, last});
            }
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
        return ranges;
    }
}
