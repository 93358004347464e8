package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/*
 * Finds added tokens as Hugging Face does: matches are leftmost, the longest of those, and do not overlap; a match that
 * does not count (spelt like a control token, or in the middle of a word) is passed over and is ordinary text. A trie
 * looks at no byte more often than the longest token has bytes.
 */

/** The added tokens that are looked for at one stage, either before or after normalising. */
final class AddedTokens {
    /** Longer ones would make the search slow, and no model has one. */
    static final int MAX_LENGTH = 512; // bytes

    /** Bounds the trie. */
    static final int MAX_BYTES = 1 << 20;

    private static final int NONE = -1;

    private final List<AddedToken> tokens;
    private final boolean onlyControl;
    /** Node n's children: the bytes and, at the same places, the nodes. */
    private final List<byte[]> labels = new ArrayList<>();

    private final List<int[]> children = new ArrayList<>();
    /** The token that ends at a node, as an index of {@link #tokens}. */
    private final List<Integer> ends = new ArrayList<>();

    private final boolean[] starts = new boolean[1 << Byte.SIZE];

    /** A place where tokens and the text between them go. */
    interface Pieces {
        void text(int start, int end);

        void token(AddedToken token, int start, int end);
    }

    /** @param written how a token's content looks in the text that is searched */
    AddedTokens(List<AddedToken> tokens, UnaryOperator<String> written) {
        this.tokens = tokens;
        onlyControl = tokens.stream().allMatch(AddedToken::control);
        addNode();
        for (int i = 0; i < tokens.size(); i++) {
            byte[] bytes = written.apply(tokens.get(i).content()).getBytes(UTF_8);
            if (bytes.length == 0) {
                continue; // normalised to nothing, which is found nowhere
            }
            int node = 0;
            for (byte b : bytes) {
                int child = child(node, b);
                node = child == NONE ? addChild(node, b) : child;
            }
            ends.set(node, i);
            starts[bytes[0] & 0xFF] = true;
        }
    }

    /** Whether {@link #find} would give all of any text as one piece. */
    boolean findNothing(SpecialTokens special) {
        return tokens.isEmpty() || (special == SpecialTokens.TEXT && onlyControl);
    }

    /** Parts {@code text[start, end)} into tokens and what is between them. */
    void find(byte[] text, int start, int end, SpecialTokens special, Pieces pieces) {
        int done = start;
        int at = start;
        while (at < end) {
            if (!starts[text[at] & 0xFF]) {
                at++;
                continue;
            }
            int matchEnd = at;
            int match = NONE;
            int node = 0;
            for (int i = at; i < end; ) {
                node = child(node, text[i]);
                if (node == NONE) {
                    break;
                }
                i++;
                if (ends.get(node) != NONE) {
                    match = ends.get(node);
                    matchEnd = i;
                }
            }
            if (match == NONE) {
                at++;
                continue;
            }
            AddedToken token = tokens.get(match);
            int matchStart = at;
            at = matchEnd;
            if ((token.control() && special == SpecialTokens.TEXT)
                    || (token.singleWord() && touchesWord(text, start, matchStart, matchEnd, end))) {
                continue;
            }
            if (token.leftStrip()) {
                matchStart = Math.max(done, spacesStart(text, start, matchStart));
            }
            if (token.rightStrip()) {
                matchEnd = spacesEnd(text, matchEnd, end);
            }
            if (done < matchStart) {
                pieces.text(done, matchStart);
            }
            pieces.token(token, matchStart, matchEnd);
            done = matchEnd;
        }
        if (done < end) {
            pieces.text(done, end);
        }
    }

    /** The end of the longest token at {@code at}, or {@code at} if there is none. */
    int maxEnd(byte[] text, int at, int end) {
        int longest = at;
        int node = 0;
        for (int i = at; i < end; i++) {
            node = child(node, text[i]);
            if (node == NONE) {
                break;
            }
            if (ends.get(node) != NONE) {
                longest = i + 1;
            }
        }
        return longest;
    }

    private static boolean touchesWord(byte[] text, int start, int matchStart, int matchEnd, int end) {
        return (matchStart > start && CodePoints.isWord(Utf8.codePoint(text, before(text, matchStart))))
                || (matchEnd < end && CodePoints.isWord(Utf8.codePoint(text, matchEnd)));
    }

    private static int spacesStart(byte[] text, int start, int end) {
        int at = end;
        while (at > start && CodePoints.is(CodePoints.SPACES, Utf8.codePoint(text, before(text, at)))) {
            at = before(text, at);
        }
        return at;
    }

    private static int spacesEnd(byte[] text, int start, int end) {
        int at = start;
        while (at < end && CodePoints.is(CodePoints.SPACES, Utf8.codePoint(text, at))) {
            at += Utf8.length(text[at]);
        }
        return at;
    }

    private static int before(byte[] text, int at) {
        int start = at - 1;
        while (Utf8.isContinuation(text[start])) {
            start--;
        }
        return start;
    }

    private int child(int node, byte label) {
        byte[] bytes = labels.get(node);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == label) {
                return children.get(node)[i];
            }
        }
        return NONE;
    }

    private int addChild(int node, byte label) {
        int child = addNode();
        byte[] bytes = labels.get(node);
        labels.set(node, Arrays.copyOf(bytes, bytes.length + 1));
        labels.get(node)[bytes.length] = label;
        children.set(node, Arrays.copyOf(children.get(node), bytes.length + 1));
        children.get(node)[bytes.length] = child;
        return child;
    }

    private int addNode() {
        labels.add(new byte[0]);
        children.add(new int[0]);
        ends.add(NONE);
        return ends.size() - 1;
    }
}
