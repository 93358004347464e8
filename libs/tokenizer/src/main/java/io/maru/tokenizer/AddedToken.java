package io.maru.tokenizer;

import java.util.Set;

/**
 * A token that no merge makes: it is found in the text before anything else is done with it.
 *
 * @param special decodes to nothing, as {@code <|endoftext|>} does; otherwise to its own text
 * @param normalized looked for in the normalised text, not in the text as it stands
 * @param singleWord found only where no word goes on at either side
 * @param leftStrip takes the white space before it
 * @param rightStrip takes the white space after it
 */
record AddedToken(
        int id,
        String content,
        boolean special,
        boolean normalized,
        boolean singleWord,
        boolean leftStrip,
        boolean rightStrip) {
    /** What SentencePiece reserves; some files list it without saying that it is special. */
    private static final Set<String> RESERVED = Set.of("<s>", "</s>", "<unk>");

    static AddedToken special(int id, String content) {
        return new AddedToken(id, content, true, false, false, false, false);
    }

    /** Whether user text must not become it unless asked for. */
    boolean control() {
        return special || RESERVED.contains(content);
    }
}
