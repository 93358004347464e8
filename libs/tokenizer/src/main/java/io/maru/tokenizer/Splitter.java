package io.maru.tokenizer;

/** Cuts text into words, which merges do not cross. What it leaves out is in no word and has no tokens. */
interface Splitter {
    /** Takes the words of a text, in order, none of them empty. */
    interface Words {
        void word(byte[] text, int start, int end);

        /**
         * Tells, before words of {@code to} come, that it is what {@code from[start, end)} has become.
         *
         * @param places for each byte of {@code to} the byte of {@code from} that it comes from, or {@code ~place} if it
         *     was put before that
         */
        default void rewritten(byte[] from, int start, int end, byte[] to, int[] places) {}
    }

    /** Cuts {@code text[start, end)}, which is UTF-8, as if nothing were around it. */
    void split(byte[] text, int start, int end, Words words);

    /** Cuts what this gives once more. */
    default Splitter then(Splitter second) {
        return (text, start, end, words) -> split(text, start, end, new Words() {
            @Override
            public void word(byte[] same, int wordStart, int wordEnd) {
                second.split(same, wordStart, wordEnd, words);
            }

            @Override
            public void rewritten(byte[] from, int first, int last, byte[] to, int[] places) {
                words.rewritten(from, first, last, to, places);
            }
        });
    }

    /** Everything is one word. */
    static Splitter none() {
        return (text, start, end, words) -> {
            if (start < end) {
                words.word(text, start, end);
            }
        };
    }
}
