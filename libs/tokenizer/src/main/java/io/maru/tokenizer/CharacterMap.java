package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/*
 * What SentencePiece compiles a normalisation into, as precompiled_charsmap:
 *
 *     4 bytes   the length of the trie in bytes, little-endian
 *     trie      units of 4 bytes, as darts-clone writes them; its values are places among the texts
 *     texts     what stands for what, each ended by a byte 0
 *
 * A unit has the label of the step that leads to it, the offset of those that lead on, and whether one of these is a value.
 */

/** Maps characters, and sequences of them, to what a SentencePiece model writes for them. */
final class CharacterMap {
    /** SentencePiece looks no further than this many matches of different lengths. */
    private static final int MAX_MATCHES = 32;

    private final int[] trie;
    private final byte[] texts;

    /** @throws TokenizerFormatException if the bytes are none of such a map */
    CharacterMap(byte[] compiled, String file, String place) {
        ByteBuffer bytes = ByteBuffer.wrap(compiled).order(ByteOrder.LITTLE_ENDIAN);
        int size = compiled.length < Integer.BYTES ? -1 : bytes.getInt();
        if (size <= 0 || size % Integer.BYTES != 0 || size > bytes.remaining()) {
            throw new TokenizerFormatException(file, place, "a trie of " + size + " bytes", "a part of the map");
        }
        trie = new int[size / Integer.BYTES];
        bytes.asIntBuffer().get(trie);
        texts = new byte[compiled.length - Integer.BYTES - size];
        bytes.position(Integer.BYTES + size).get(texts);
    }

    /** What has been found: a text, and how many bytes it stands for. */
    record Match(String text, int length) {}

    /** The longest match at {@code at}, or null. */
    Match find(byte[] text, int at, int end) {
        int node = offset(trie[0]);
        int value = -1;
        int length = 0;
        int matches = 0;
        for (int i = at; i < end && matches < MAX_MATCHES; i++) {
            node ^= text[i] & 0xFF;
            if (node < 0 || node >= trie.length || label(trie[node]) != (text[i] & 0xFF)) {
                break;
            }
            int unit = trie[node];
            node ^= offset(unit);
            boolean hasValue = (unit >>> 8 & 1) != 0;
            if (hasValue && node >= 0 && node < trie.length) {
                value = trie[node] & Integer.MAX_VALUE;
                length = i + 1 - at;
                matches++;
            }
        }
        if (value < 0 || value >= texts.length) {
            return null;
        }
        int textEnd = value;
        while (textEnd < texts.length && texts[textEnd] != 0) {
            textEnd++;
        }
        return new Match(new String(texts, value, textEnd - value, UTF_8), length);
    }

    /** A value has the highest bit too, so that it is the label of no byte. */
    private static int label(int unit) {
        return unit & (1 << 31 | 0xFF);
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
    }
}
