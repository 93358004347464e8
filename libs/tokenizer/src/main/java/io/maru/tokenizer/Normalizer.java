package io.maru.tokenizer;

/**
 * What is done to a piece of text before it is cut into words. Of all that a tokenizer.json can ask for, this is what
 * the models that use byte pair encoding need: a mark before the text, and a mark for each space.
 *
 * @param prefix put before a piece that is not empty; empty for nothing
 * @param when when the prefix is put there
 * @param space what stands for a space
 * @param trims whether spaces at the ends are dropped and runs of them become one, as SentencePiece does
 */
record Normalizer(String prefix, When when, String space, boolean trims) {
    /** The lower one eighth block, which SentencePiece writes for a space. */
    static final String MARK = "\u2581";

    static final Normalizer NONE = new Normalizer("", When.ALWAYS, " ", false);

    enum When {
        ALWAYS,
        UNLESS_PRESENT,
        /** Only at the very start of the text, and unless it is there. */
        AT_START_UNLESS_PRESENT
    }

    boolean isNone() {
        return equals(NONE);
    }

    /** Whether a piece at {@code start} of the text that, its spaces replaced, is {@code replaced} gets the prefix. */
    private boolean isPrefixed(String replaced, boolean atStart) {
        return !prefix.isEmpty()
                && !replaced.isEmpty()
                && switch (when) {
                    case ALWAYS -> true;
                    case UNLESS_PRESENT -> !replaced.startsWith(prefix);
                    case AT_START_UNLESS_PRESENT -> atStart && !replaced.startsWith(prefix);
                };
    }

    /** @param atStart whether the piece is the start of the text */
    String apply(String piece, boolean atStart) {
        String kept = trims ? collapse(piece) : piece;
        String replaced = space.equals(" ") ? kept : kept.replace(" ", space);
        String prefixed = isPrefixed(replaced, atStart) ? prefix + replaced : replaced;
        return trims ? withoutMarksAtEnd(prefixed) : prefixed;
    }

    private static String collapse(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        boolean afterSpace = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != ' ' || !afterSpace) {
                kept.append(c);
            }
            afterSpace = c == ' ';
        }
        return kept.toString();
    }

    /** SentencePiece drops them even where the text itself has them. */
    private static String withoutMarksAtEnd(String text) {
        int end = text.length();
        while (text.startsWith(MARK, end - 1)) {
            end--;
        }
        return text.substring(0, end);
    }

    /**
     * Where each {@code char} of a piece comes from, once it is {@code normalized}: its place in {@code piece}, or
     * {@code ~place} if it was put before that place.
     */
    int[] origins(String piece, String normalized) {
        int inserted = normalized.isEmpty() ? 0 : normalized.length() - kept(piece, normalized);
        int[] origins = new int[normalized.length()];
        int at = 0;
        boolean afterSpace = trims;
        for (int i = 0; i < origins.length; i++) {
            while (afterSpace && piece.charAt(at) == ' ') {
                at++;
            }
            if (i < inserted) {
                origins[i] = ~at;
            } else {
                afterSpace = trims && piece.charAt(at) == ' ';
                origins[i] = at++;
            }
        }
        return origins;
    }

    private int kept(String piece, String normalized) {
        return trims ? normalized.length() - prefix.length() : piece.length();
    }
}
