package io.maru.tokenizer;

/** Cuts a text at what a {@link Finder} finds in it. */
final class SplitBy implements Splitter {
    /** What becomes of a match. With {@code invert}, what is between matches takes their part. */
    enum Behavior {
        /** It is left out. */
        REMOVED,
        /** It is a word. */
        ISOLATED,
        /** It goes to the word before it. */
        MERGED_WITH_PREVIOUS,
        /** It goes to the word after it. */
        MERGED_WITH_NEXT,
        /** It is one word with the matches next to it. */
        CONTIGUOUS;

        /** The one that files call {@code name}. */
        static Behavior of(String name, String place) {
            return switch (name) {
                case "Removed" -> REMOVED;
                case "Isolated" -> ISOLATED;
                case "MergedWithPrevious" -> MERGED_WITH_PREVIOUS;
                case "MergedWithNext" -> MERGED_WITH_NEXT;
                case "Contiguous" -> CONTIGUOUS;
                default ->
                    throw new TokenizerFormatException(
                            place, name, "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
            };
        }
    }

    private final Finder finder;
    private final Behavior behavior;
    private final boolean invert;

    SplitBy(Finder finder, Behavior behavior, boolean invert) {
        this.finder = finder;
        this.behavior = behavior;
        this.invert = invert;
    }

    @Override
    public void split(byte[] text, int start, int end, Words words) {
        Parts parts = new Parts(text, start, words);
        finder.find(text, start, end, (from, to) -> {
            parts.part(from, false);
            parts.part(to, true);
        });
        parts.part(end, false);
        parts.flush();
    }

    /** Makes words of the matches and what is between them. */
    private final class Parts {
        private final byte[] text;
        private final Words words;
        /** The word at hand is {@code [wordStart, at)}. */
        private int wordStart;

        private int at;
        private boolean wordIsMatch;
        private boolean afterMatch;

        Parts(byte[] text, int start, Words words) {
            this.text = text;
            this.words = words;
            wordStart = start;
            at = start;
        }

        /** The text as far as {@code end} is a match or none. */
        void part(int end, boolean found) {
            if (end == at) {
                return;
            }
            boolean match = found != invert;
            boolean joins = at > wordStart
                    && switch (behavior) {
                        case REMOVED, ISOLATED -> false;
                        case CONTIGUOUS -> match == wordIsMatch;
                        case MERGED_WITH_PREVIOUS -> match && !afterMatch;
                        case MERGED_WITH_NEXT -> !match && wordIsMatch;
                    };
            if (!joins) {
                flush();
                wordIsMatch = match;
            } else if (behavior == Behavior.MERGED_WITH_NEXT) {
                wordIsMatch = false;
            }
            at = end;
            afterMatch = match;
        }

        void flush() {
            if (at > wordStart && !(behavior == Behavior.REMOVED && wordIsMatch)) {
                words.word(text, wordStart, at);
            }
            wordStart = at;
        }
    }
}
