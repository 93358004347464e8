package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.text.Normalizer.Form;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A step that rewrites a piece of text before it is cut into words. */
interface Normalizer {
    /** The lower one eighth block, which SentencePiece writes for a space. */
    String MARK = "\u2581";

    /** When something is put before a piece. */
    enum When {
        ALWAYS,
        UNLESS_PRESENT,
        /** Only at the very start of the text, and unless it is there. */
        AT_START_UNLESS_PRESENT,
        NEVER
    }

    /** @param atStart whether the piece is the start of the text */
    void rewrite(String piece, boolean atStart, Rewriting out);

    /** The same where nobody asks what comes from where. */
    default String apply(String piece, boolean atStart) {
        Rewriting out = new Rewriting(piece.length(), false);
        rewrite(piece, atStart, out);
        return out.text();
    }

    /** Whether it is sure, and quick to see, that {@code text[start, end)} stays as it is. */
    default boolean keeps(byte[] text, int start, int end) {
        return false;
    }

    /** Puts a text before a piece that is not empty. */
    record Prefix(String text, When when) implements Normalizer {
        private boolean isPut(String piece, boolean atStart) {
            return !piece.isEmpty()
                    && switch (when) {
                        case ALWAYS -> true;
                        case UNLESS_PRESENT -> !piece.startsWith(text);
                        case AT_START_UNLESS_PRESENT -> atStart && !piece.startsWith(text);
                        case NEVER -> false;
                    };
        }

        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            if (isPut(piece, atStart)) {
                out.put(text, 0, 0);
            }
            out.keep(piece, 0, piece.length());
        }

        @Override
        public String apply(String piece, boolean atStart) {
            return isPut(piece, atStart) ? text + piece : piece;
        }
    }

    /** Puts one character in the place of another. */
    record ReplaceCharacter(char old, char fresh) implements Normalizer {
        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            out.keep(piece.replace(old, fresh), 0, piece.length());
        }

        @Override
        public String apply(String piece, boolean atStart) {
            return piece.replace(old, fresh);
        }
    }

    /** Puts a text in the place of each match. */
    record Replace(Finder finder, String content) implements Normalizer {
        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            byte[] bytes = piece.getBytes(UTF_8);
            int[] charAt = new int[bytes.length + 1];
            for (int at = 0, i = 0; at < bytes.length; ) {
                int next = at + Utf8.length(bytes[at]);
                charAt[at] = i;
                i += next - at == 4 ? 2 : 1;
                charAt[next] = i;
                at = next;
            }
            int[] done = new int[1];
            finder.find(bytes, 0, bytes.length, (start, end) -> {
                out.keep(piece, done[0], charAt[start]);
                out.put(content, charAt[start], charAt[end]);
                done[0] = charAt[end];
            });
            out.keep(piece, done[0], piece.length());
        }
    }

    /** Drops white space at the ends. */
    record Strip(boolean left, boolean right) implements Normalizer {
        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            int start = 0;
            int end = piece.length();
            while (left && start < end && isSpace(piece.charAt(start))) {
                start++;
            }
            while (right && end > start && isSpace(piece.charAt(end - 1))) {
                end--;
            }
            out.keep(piece, start, end);
        }

        private static boolean isSpace(char c) {
            return CodePoints.is(CodePoints.SPACES, c);
        }
    }

    /** Drops each character of a class. */
    record Drop(BitSet characters) implements Normalizer {
        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            int next;
            for (int i = 0; i < piece.length(); i = next) {
                next = i + Character.charCount(piece.codePointAt(i));
                if (!characters.get(piece.codePointAt(i))) {
                    out.keep(piece, i, next);
                }
            }
        }
    }

    /** Writes each character in lower case, whatever stands around it. */
    final class Lowercase implements Normalizer {
        private static final Map<Integer, String> LOWER = read();

        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            int next;
            for (int i = 0; i < piece.length(); i = next) {
                int codePoint = piece.codePointAt(i);
                next = i + Character.charCount(codePoint);
                String lower = LOWER.get(codePoint);
                if (lower == null) {
                    out.keep(piece, i, next);
                } else {
                    out.put(lower, i, next);
                }
            }
        }

        /** Lines are {@code 0130 0069 0307}: a character, and its lower case. */
        private static Map<Integer, String> read() {
            Map<Integer, String> lower = new HashMap<>();
            try (BufferedReader lines = new BufferedReader(
                    new InputStreamReader(Normalizer.class.getResourceAsStream("lowercase.txt"), UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (!line.startsWith("#")) {
                        String[] codes = line.split(" ");
                        StringBuilder text = new StringBuilder();
                        for (int i = 1; i < codes.length; i++) {
                            text.appendCodePoint(Integer.parseInt(codes[i], 16));
                        }
                        lower.put(Integer.parseInt(codes[0], 16), text.toString());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("lowercase.txt", e);
            }
            return lower;
        }
    }

    /**
     * One of Unicode's normal forms, as of the version that the reference knows: what later versions compose, decompose or
     * reorder stands as it is, and so keeps apart what is on its two sides.
     */
    final class Unicode implements Normalizer {
        private static final int LAST_CHANGING = 0x2FA1D;
        /** Ideographs, which no form changes. */
        private static final int FIRST_INERT = 0x3400;

        private static final int LAST_INERT = 0x9FFF;
        /** Of Hangul, which are joined to a syllable. */
        private static final int FIRST_VOWEL = 0x1160;

        private static final int LAST_CONSONANT = 0x11FF;

        private static final BitSet LATER = CodePoints.set("ComposedLater");
        private static final Map<Form, Unicode> FORMS = new ConcurrentHashMap<>();

        private final Form form;
        /** What can change, or take part in a change. */
        private final BitSet changing = new BitSet();
        /** Whether there is such a character among 64 that differ in the last byte of UTF-8. */
        private final boolean[] changingBlocks = new boolean[(Character.MAX_CODE_POINT + 1) >> 6];
        /** What can be joined by what stands before it, or change places with it. */
        private final BitSet joining = new BitSet();

        private Unicode(Form form) {
            this.form = form;
            boolean composes = form == Form.NFC || form == Form.NFKC;
            Form decomposed = form == Form.NFC || form == Form.NFD ? Form.NFD : Form.NFKD;
            for (int c = 0xA0; c <= LAST_CHANGING; c++) {
                if (c == FIRST_INERT) {
                    c = LAST_INERT;
                }
                if (LATER.get(c) || Character.getType(c) == Character.UNASSIGNED) {
                    continue;
                }
                String text = Character.toString(c);
                int first = java.text.Normalizer.normalize(text, decomposed).codePointAt(0);
                boolean joins = isReordered(first) || (composes && isComposedSecond(first));
                joining.set(c, joins);
                changing.set(
                        c, joins || !java.text.Normalizer.normalize(text, form).equals(text));
            }
            changing.stream().forEach(c -> changingBlocks[c >> 6] = true);
        }

        static Unicode of(Form form) {
            return FORMS.computeIfAbsent(form, Unicode::new);
        }

        private static boolean isReordered(int codePoint) {
            int type = Character.getType(codePoint);
            if (type != Character.NON_SPACING_MARK && type != Character.COMBINING_SPACING_MARK) {
                return false;
            }
            // Marks of the last and of the first of all classes.
            String afterLast = "\u0345" + Character.toString(codePoint);
            String beforeFirst = Character.toString(codePoint) + "\u0334";
            return !java.text.Normalizer.normalize(afterLast, Form.NFD).equals(afterLast)
                    || !java.text.Normalizer.normalize(beforeFirst, Form.NFD).equals(beforeFirst);
        }

        private static boolean isComposedSecond(int codePoint) {
            int type = Character.getType(codePoint);
            return type == Character.NON_SPACING_MARK
                    || type == Character.COMBINING_SPACING_MARK
                    || (codePoint >= FIRST_VOWEL && codePoint <= LAST_CONSONANT);
        }

        /** Nearly all characters are seen to stay by all but their last byte. */
        @Override
        public boolean keeps(byte[] text, int start, int end) {
            boolean[] blocks = changingBlocks;
            int at = start;
            while (at < end) {
                int lead = text[at];
                if (lead >= 0) {
                    at++;
                    continue;
                }
                int block =
                        switch (lead >> 4 & 0xF) {
                            case 0xC, 0xD -> lead & 0x1F;
                            case 0xE -> (lead & 0xF) << 6 | text[at + 1] & 0x3F;
                            default -> (lead & 7) << 12 | (text[at + 1] & 0x3F) << 6 | text[at + 2] & 0x3F;
                        };
                if (blocks[block] && changing.get(Utf8.codePoint(text, at))) {
                    return false;
                }
                at += Utf8.length(text[at]);
            }
            return true;
        }

        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            int kept = 0;
            // From one character that nothing joins to the next, so that places are known to a few characters.
            int start = 0;
            boolean changes = false;
            int next;
            for (int i = 0; i < piece.length(); i = next) {
                int codePoint = piece.codePointAt(i);
                next = i + Character.charCount(codePoint);
                boolean later = LATER.get(codePoint);
                if (later || !joining.get(codePoint)) {
                    kept = changes ? rewrite(piece, kept, start, i, out) : kept;
                    changes = false;
                    start = later ? next : i;
                }
                changes |= changing.get(codePoint);
            }
            kept = changes ? rewrite(piece, kept, start, piece.length(), out) : kept;
            out.keep(piece, kept, piece.length());
        }

        private int rewrite(String piece, int kept, int start, int end, Rewriting out) {
            out.keep(piece, kept, start);
            String part = piece.substring(start, end);
            String normal = java.text.Normalizer.normalize(part, form);
            if (normal.equals(part)) {
                out.keep(piece, start, end);
            } else {
                out.put(normal, start, end);
            }
            return end;
        }
    }

    /** Drops control characters and writes a space for what else is blank, as the reference's Nmt does. */
    final class Nmt implements Normalizer {
        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            for (int i = 0; i < piece.length(); i++) {
                char c = piece.charAt(i);
                boolean dropped = (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F;
                if (isBlank(c)) {
                    out.put(" ", i, i + 1);
                } else if (!dropped && c != 0x8F && c != 0x9F) {
                    out.keep(piece, i, i + 1);
                }
            }
        }

        private static boolean isBlank(char c) {
            return switch (c) {
                case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> true;
                default -> c >= 0x200B && c <= 0x200F;
            };
        }
    }

    /**
     * What SentencePiece does to a text before it is cut: a mark for each space and one before the text; if it trims, no
     * spaces at the ends and one for a run of them.
     *
     * @param map what is written for other characters; null for themselves
     * @param defined the pieces that users defined
     */
    record SentencePiece(boolean addsPrefix, boolean trims, CharacterMap map, AddedTokens defined)
            implements Normalizer {
        @Override
        public void rewrite(String piece, boolean atStart, Rewriting out) {
            byte[] text = piece.getBytes(UTF_8);
            int at = 0;
            int place = 0;
            while (trims && at < text.length) {
                CharacterMap.Match space = next(text, at);
                if (!space.text().equals(" ")) {
                    break;
                }
                place += chars(text, at, at + space.length());
                at += space.length();
            }
            if (at == text.length) {
                return;
            }
            if (addsPrefix) {
                out.put(MARK, place, place);
            }
            boolean afterSpace = trims;
            while (at < text.length) {
                CharacterMap.Match next = next(text, at);
                int end = place + chars(text, at, at + next.length());
                String kept = next.text();
                while (afterSpace && kept.startsWith(" ")) {
                    kept = kept.substring(1);
                }
                if (!kept.isEmpty()) {
                    out.put(kept.replace(" ", MARK), place, end);
                    afterSpace = trims && kept.endsWith(" ");
                }
                at += next.length();
                place = end;
            }
            // It drops them even where the text itself has them.
            while (trims && out.endsWith(MARK)) {
                out.cut(out.length() - 1);
            }
        }

        /** A piece that users defined stays as it is; else the map has its say. */
        private CharacterMap.Match next(byte[] text, int at) {
            int end = defined.maxEnd(text, at, text.length);
            CharacterMap.Match mapped = end > at || map == null ? null : map.find(text, at, text.length);
            if (mapped != null) {
                return mapped;
            }
            int length = end > at ? end - at : Utf8.length(text[at]);
            return new CharacterMap.Match(new String(text, at, length, UTF_8), length);
        }

        private static int chars(byte[] text, int start, int end) {
            int chars = 0;
            for (int i = start; i < end; i++) {
                if (!Utf8.isContinuation(text[i])) {
                    chars += Utf8.length(text[i]) == Utf8.MAX_BYTES ? 2 : 1;
                }
            }
            return chars;
        }
    }

    /** Several steps, one after the other. */
    record Sequence(List<Normalizer> steps) {
        static final Sequence NONE = new Sequence(List.of());

        boolean isNone() {
            return steps.isEmpty();
        }

        boolean keeps(byte[] text, int start, int end) {
            for (Normalizer step : steps) {
                if (!step.keeps(text, start, end)) {
                    return false;
                }
            }
            return true;
        }

        /** Whether it makes a difference if a piece is the start of the text. */
        boolean asksForStart() {
            return steps.stream()
                    .anyMatch(step -> step instanceof Prefix prefix && prefix.when() == When.AT_START_UNLESS_PRESENT);
        }

        /** Whether the start of {@code text[0, end)}, which is the first piece, is not dropped. */
        boolean keepsStart(byte[] text, int end) {
            Traced traced = trace(new String(text, 0, end, UTF_8), true);
            return !traced.text().isEmpty() && traced.starts()[0] == 0;
        }

        String apply(String piece, boolean atStart) {
            String text = piece;
            for (Normalizer step : steps) {
                text = step.apply(text, atStart);
            }
            return text;
        }

        Traced trace(String piece, boolean atStart) {
            Traced traced = null;
            for (Normalizer step : steps) {
                String text = traced == null ? piece : traced.text();
                Rewriting out = new Rewriting(text.length(), true);
                step.rewrite(text, atStart, out);
                traced = traced == null
                        ? new Traced(out.text(), out.starts(), out.ends())
                        : traced.then(out.text(), out.starts(), out.ends());
            }
            return traced;
        }
    }

    /**
     * A text that was normalised and where its {@code char}s come from.
     *
     * @param starts the first {@code char} of the piece that each stands for
     * @param ends one after the last such; the same as the start for what was put before it
     */
    record Traced(String text, int[] starts, int[] ends) {
        /** This is the text that {@code next} was made from. */
        private Traced then(String next, int[] nextStarts, int[] nextEnds) {
            int[] composedStarts = new int[next.length()];
            int[] composedEnds = new int[next.length()];
            for (int i = 0; i < next.length(); i++) {
                int start = nextStarts[i];
                int end = nextEnds[i];
                composedStarts[i] = start < text.length() ? starts[start] : text.isEmpty() ? 0 : ends[start - 1];
                composedEnds[i] = end > start ? ends[end - 1] : composedStarts[i];
            }
            return new Traced(next, composedStarts, composedEnds);
        }
    }
}
