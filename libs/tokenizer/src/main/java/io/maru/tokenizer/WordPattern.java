package io.maru.tokenizer;

import static io.maru.tokenizer.CodePoints.LETTERS;
import static io.maru.tokenizer.CodePoints.LOWER;
import static io.maru.tokenizer.CodePoints.MARK;
import static io.maru.tokenizer.CodePoints.NEWLINE;
import static io.maru.tokenizer.CodePoints.NUMBER;
import static io.maru.tokenizer.CodePoints.NUMBERS;
import static io.maru.tokenizer.CodePoints.SPACES;
import static io.maru.tokenizer.CodePoints.SYMBOLS;
import static io.maru.tokenizer.CodePoints.UNCASED;
import static io.maru.tokenizer.CodePoints.UPPER;

import java.util.Optional;

/*
 * Each pattern is a regular expression that others match with backtracking. Here it is cut by hand, over UTF-8: every
 * character is looked at a bounded number of times, so no text makes it slow.
 *
 *     It's  2024!    GPT2    It|'s| | 2024|!        CL100K    It|'s| | |202|4|!        O200K    It's| | |202|4|!
 *
 * The one that needs thought is O200K's word, [Upper Uncased Mark]*[Lower Uncased Mark]+, else the same with + and *: the
 * two classes overlap. If a Lower follows the longest run of the first class, the word goes on through the second class.
 * Else the first class must give back characters until its last is one of both classes, and the word ends there. Else
 * all of the run are Upper, and the second form takes them.
 */

/** The patterns by which known models cut text into words before merging. */
public enum WordPattern implements Splitter, Finder {
    /** GPT-2 and r50k. */
    GPT2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(byte[] text, int start, int limit) {
            int contraction = text[start] == '\'' ? lowerContraction(text, start, limit) : start;
            if (contraction > start) {
                return contraction;
            }
            int word = text[start] == ' ' && start + 1 < limit ? start + 1 : start;
            int kind = kindAt(text, word);
            if ((SPACES >>> kind & 1) != 0) {
                return spacesEnd(text, start, limit);
            }
            return run(text, word, limit, sameRun(kind));
        }

        private int sameRun(int kind) {
            return (LETTERS >>> kind & 1) != 0 ? LETTERS : kind == NUMBER ? NUMBERS : SYMBOLS;
        }
    },
    /** Llama 3, and cl100k as Hugging Face's files have it. */
    LLAMA3(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(byte[] text, int start, int limit) {
            return endLikeCl100k(text, start, limit, 3, false);
        }
    },
    /** Qwen 2: as {@link #LLAMA3}, but each digit by itself. */
    QWEN2(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(byte[] text, int start, int limit) {
            return endLikeCl100k(text, start, limit, 1, false);
        }
    },
    /**
     * cl100k as tiktoken has it: as {@link #LLAMA3}, but white space at the end of the text is one word. Digits have no
     * {@code {1,3}+} as they have there: Hugging Face's engine takes that for a count that is repeated.
     */
    CL100K(
            "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s") {
        @Override
        int end(byte[] text, int start, int limit) {
            return endLikeCl100k(text, start, limit, 3, true);
        }
    },
    /** o200k, of GPT-4o and after. */
    O200K(
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+") {
        @Override
        int end(byte[] text, int start, int limit) {
            int kind = kindAt(text, start);
            if (kind == NUMBER) {
                return numbersEnd(text, start, limit, 3);
            }
            boolean letter = (LETTERS >>> kind & 1) != 0;
            int word = letter || kind == NEWLINE ? start : start + Utf8.length(text[start]);
            if (kind != NEWLINE && word < limit) {
                // A mark before capitals could be taken as what stands before a word, but its own word comes first.
                int end = casedWordEnd(text, word, limit, kind != MARK);
                if (end > word) {
                    return anyContraction(text, end, limit);
                }
            }
            if (kind == MARK) {
                return anyContraction(text, word, limit);
            }
            int symbols = symbolsEnd(text, start, limit);
            while (symbols > start && symbols < limit && isNewlineOrSlash(text[symbols])) {
                symbols++;
            }
            return symbols > start ? symbols : spacesAndNewlinesEnd(text, start, limit, false);
        }

        private boolean isNewlineOrSlash(byte c) {
            return c == '\r' || c == '\n' || c == '/';
        }
    };

    private static final int UPPER_OR_BOTH = 1 << UPPER | 1 << UNCASED | 1 << MARK;
    private static final int LOWER_OR_BOTH = 1 << LOWER | 1 << UNCASED | 1 << MARK;
    private static final int BOTH = UPPER_OR_BOTH & LOWER_OR_BOTH;
    private static final int LONG_S = 0x17F; // the one letter outside ASCII that is an s without regard to case

    private final String regex;

    WordPattern(String regex) {
        this.regex = regex;
    }

    /** The pattern as files write it. */
    public String regex() {
        return regex;
    }

    /** The pattern that a file writes as {@code regex}, if it is one of these. */
    static Optional<WordPattern> of(String regex) {
        for (WordPattern pattern : values()) {
            if (pattern.regex.equals(regex)) {
                return Optional.of(pattern);
            }
        }
        return Optional.empty();
    }

    /** The end of the word that starts at {@code start}. */
    abstract int end(byte[] text, int start, int limit);

    @Override
    public void split(byte[] text, int start, int end, Words words) {
        int wordEnd;
        for (int word = start; word < end; word = wordEnd) {
            wordEnd = end(text, word, end);
            words.word(text, word, wordEnd);
        }
    }

    @Override
    public void find(byte[] text, int start, int end, Matches matches) {
        split(text, start, end, (same, from, to) -> matches.match(from, to));
    }

    private static int endLikeCl100k(byte[] text, int start, int limit, int maxDigits, boolean lastSpacesTogether) {
        if (text[start] == '\'') {
            int contraction = anyContraction(text, start, limit);
            if (contraction > start) {
                return contraction;
            }
        }
        int kind = kindAt(text, start);
        if ((LETTERS >>> kind & 1) != 0) {
            return run(text, start, limit, LETTERS);
        }
        if (kind == NUMBER) {
            return numbersEnd(text, start, limit, maxDigits);
        }
        if (kind != NEWLINE) {
            int next = start + Utf8.length(text[start]);
            int end = run(text, next, limit, LETTERS);
            if (end > next) {
                return end;
            }
        }
        int symbols = symbolsEnd(text, start, limit);
        while (symbols > start && symbols < limit && (text[symbols] == '\r' || text[symbols] == '\n')) {
            symbols++;
        }
        return symbols > start ? symbols : spacesAndNewlinesEnd(text, start, limit, lastSpacesTogether);
    }

    /** The end of {@code  ?[^\s\p{L}\p{N}]+}, or {@code start} if there is none. */
    private static int symbolsEnd(byte[] text, int start, int limit) {
        int first = text[start] == ' ' ? start + 1 : start;
        int end = run(text, first, limit, SYMBOLS);
        return end > first ? end : start;
    }

    /** The end of a word of O200K, or {@code start} if there is none; of capitals alone only if they are allowed. */
    private static int casedWordEnd(byte[] text, int start, int limit, boolean capitalsAlone) {
        int lastOfBoth = start;
        int end = start;
        while (end < limit) {
            int kind = kindAt(text, end);
            if ((UPPER_OR_BOTH >>> kind & 1) == 0) {
                break;
            }
            end += Utf8.length(text[end]);
            if ((BOTH >>> kind & 1) != 0) {
                lastOfBoth = end;
            }
        }
        int lower = run(text, end, limit, LOWER_OR_BOTH);
        if (lower > end) {
            return lower;
        }
        return lastOfBoth > start || !capitalsAlone ? lastOfBoth : end;
    }

    private static int numbersEnd(byte[] text, int start, int limit, int maxNumbers) {
        int end = start;
        for (int count = 0; count < maxNumbers && end < limit && kindAt(text, end) == NUMBER; count++) {
            end += Utf8.length(text[end]);
        }
        return end;
    }

    private static int spacesAndNewlinesEnd(byte[] text, int start, int limit, boolean lastTogether) {
        int end = run(text, start, limit, SPACES);
        if (lastTogether && end == limit) {
            return end;
        }
        for (int i = end - 1; i >= start; i--) {
            if (text[i] == '\r' || text[i] == '\n') {
                return i + 1;
            }
        }
        return withoutLast(text, start, end, limit);
    }

    private static int spacesEnd(byte[] text, int start, int limit) {
        return withoutLast(text, start, run(text, start, limit, SPACES), limit);
    }

    /** Leaves to a word the last one of several spaces before it. */
    private static int withoutLast(byte[] text, int start, int end, int limit) {
        if (end == limit) {
            return end;
        }
        int last = end - 1;
        while (Utf8.isContinuation(text[last])) {
            last--;
        }
        return last == start ? end : last;
    }

    private static int lowerContraction(byte[] text, int start, int limit) {
        if (start + 1 == limit) {
            return start;
        }
        byte third = start + 2 < limit ? text[start + 2] : 0;
        return switch (text[start + 1]) {
            case 's', 't', 'm', 'd' -> start + 2;
            case 'r', 'v' -> third == 'e' ? start + 3 : start;
            case 'l' -> third == 'l' ? start + 3 : start;
            default -> start;
        };
    }

    /** The end of a contraction in whatever case that starts at {@code start}, or {@code start} if there is none. */
    private static int anyContraction(byte[] text, int start, int limit) {
        if (start + 1 >= limit || text[start] != '\'') {
            return start;
        }
        if (text[start + 1] < 0) {
            return Utf8.codePoint(text, start + 1) == LONG_S ? start + 3 : start;
        }
        int third = start + 2 < limit ? text[start + 2] | 0x20 : 0;
        return switch (text[start + 1] | 0x20) {
            case 's', 't', 'm', 'd' -> start + 2;
            case 'r', 'v' -> third == 'e' ? start + 3 : start;
            case 'l' -> third == 'l' ? start + 3 : start;
            default -> start;
        };
    }

    private static int run(byte[] text, int start, int limit, int kinds) {
        int end = start;
        while (end < limit) {
            int c = text[end];
            if (c >= 0) {
                if ((kinds >>> CodePoints.asciiKind(c) & 1) == 0) {
                    break;
                }
                end++;
            } else {
                if (!CodePoints.is(kinds, Utf8.codePoint(text, end))) {
                    break;
                }
                end += Utf8.length(text[end]);
            }
        }
        return end;
    }

    private static int kindAt(byte[] text, int at) {
        int c = text[at];
        return c >= 0 ? CodePoints.asciiKind(c) : CodePoints.kind(Utf8.codePoint(text, at));
    }
}
