package io.maru.tokenizer;

/** Cuts text into words, which merges do not cross. All of the text is in some word. */
interface Splitter {
    /** Takes the words of {@code text[start, end)}, in order, none of them empty. */
    interface Words {
        void word(byte[] text, int start, int end);
    }

    /** Cuts {@code text[start, end)}, which is UTF-8, as if nothing were around it. */
    void split(byte[] text, int start, int end, Words words);

    /** Cuts what this gives once more. */
    default Splitter then(Splitter second) {
        return (text, start, end, words) ->
                split(text, start, end, (same, wordStart, wordEnd) -> second.split(same, wordStart, wordEnd, words));
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
