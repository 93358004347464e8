package io.maru.tokenizer;

import java.util.Arrays;
import java.util.List;

/** The symbols that a word is before any merge. */
interface Alphabet {
    /** Writes the symbols of {@code text[start, end)}, at most one a byte, and returns how many they are. */
    int symbols(byte[] text, int start, int end, int[] symbols);

    /** Where the text ends that the symbol {@code id} at {@code at} stands for, if it is one that has no length of its own. */
    default int unknownEnd(byte[] text, int at, int end) {
        throw new IllegalStateException("a byte alphabet knows every text");
    }

    /** One symbol a byte. */
    record Bytes(int[] idOfByte) implements Alphabet {
        @Override
        public int symbols(byte[] text, int start, int end, int[] symbols) {
            for (int i = start; i < end; i++) {
                symbols[i - start] = idOfByte[text[i] & 0xFF];
            }
            return end - start;
        }
    }

    /** One symbol a character; what the vocabulary lacks becomes its bytes, if it has them, or else unknown. */
    final class Characters implements Alphabet {
        private static final int NONE = -1;
        private static final int BLOCK_BITS = 8;
        private static final int BLOCK = 1 << BLOCK_BITS;

        private final int[][] idOfCharacter = new int[Character.MAX_CODE_POINT + 1 >> BLOCK_BITS][];
        private final int[] idOfByte;
        private final int unknown;
        private final boolean fuses;

        /**
         * @param idOfByte null if bytes are not in the vocabulary
         * @param unknown the id of what is unknown; never used if there are bytes
         * @param fuses whether several unknown characters in a row are one token
         */
        Characters(List<String> tokens, int[] idOfByte, int unknown, boolean fuses) {
            this.idOfByte = idOfByte;
            this.unknown = unknown;
            this.fuses = fuses;
            int[] empty = new int[BLOCK];
            Arrays.fill(empty, NONE);
            Arrays.fill(idOfCharacter, empty);
            for (int id = 0; id < tokens.size(); id++) {
                String token = tokens.get(id);
                if (token.codePointCount(0, token.length()) == 1) {
                    int block = token.codePointAt(0) >> BLOCK_BITS;
                    if (idOfCharacter[block] == empty) {
                        idOfCharacter[block] = empty.clone();
                    }
                    idOfCharacter[block][token.codePointAt(0) & (BLOCK - 1)] = id;
                }
            }
        }

        @Override
        public int symbols(byte[] text, int start, int end, int[] symbols) {
            int count = 0;
            boolean afterUnknown = false;
            int next;
            for (int at = start; at < end; at = next) {
                next = at + Utf8.length(text[at]);
                int id = id(text, at);
                if (id == NONE && idOfByte != null) {
                    for (int i = at; i < next; i++) {
                        symbols[count++] = idOfByte[text[i] & 0xFF];
                    }
                } else if (id != NONE) {
                    symbols[count++] = id;
                } else if (!fuses || !afterUnknown) {
                    symbols[count++] = unknown;
                }
                afterUnknown = id == NONE;
            }
            return count;
        }

        @Override
        public int unknownEnd(byte[] text, int at, int end) {
            int next = at;
            do {
                next += Utf8.length(text[next]);
            } while (fuses && next < end && id(text, next) == NONE);
            return next;
        }

        private int id(byte[] text, int at) {
            int codePoint = Utf8.codePoint(text, at);
            return idOfCharacter[codePoint >> BLOCK_BITS][codePoint & (BLOCK - 1)];
        }
    }
}
