package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

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

    /** Where the next character is that has a token. */
    default int skip(byte[] text, int at, int end) {
        return at;
    }

    /** Makes tokens of the symbols that are left after all merges, in their place; returns how many they are. */
    default int tokens(int[] symbols, int count) {
        return count;
    }

    /** One symbol a byte; none for a byte that has no token, as Hugging Face's library has it. */
    record Bytes(int[] idOfByte) implements Alphabet {
        @Override
        public int symbols(byte[] text, int start, int end, int[] symbols) {
            int count = 0;
            for (int i = start; i < end; i++) {
                int id = idOfByte[text[i] & 0xFF];
                if (id != Vocabulary.NONE) {
                    symbols[count++] = id;
                }
            }
            return count;
        }

        @Override
        public int skip(byte[] text, int at, int end) {
            int next = at;
            while (next < end && idOfByte[text[next] & 0xFF] == Vocabulary.NONE) {
                next++;
            }
            return next;
        }
    }

    /**
     * One symbol a character; what the vocabulary lacks becomes its bytes, if it has them, or else unknown, or nothing.
     *
     * <p>A character may be no token but part of one. It is a symbol of its own then, from the number of tokens on, and
     * becomes what the vocabulary lacks if no merge takes it.
     */
    final class Characters implements Alphabet {
        private static final int NONE = -1;
        private static final int BLOCK_BITS = 8;
        private static final int BLOCK = 1 << BLOCK_BITS;

        private final int[][] idOfCharacter = new int[(Character.MAX_CODE_POINT + 1) >> BLOCK_BITS][];
        private final int[] idOfByte;
        private final int unknown;
        private final boolean fuses;
        private final int tokens;
        /** The characters that are symbols and no tokens. */
        private final int[] parts;

        /**
         * @param tokens by id; null where there is none
         * @param idOfByte null if bytes are not in the vocabulary
         * @param unknown the id of what is unknown; never used if there are bytes, and NONE if it has no token
         * @param fuses whether several unknown characters in a row are one token
         * @param parts characters that are symbols and no tokens
         */
        Characters(List<String> tokens, int[] idOfByte, int unknown, boolean fuses, int[] parts) {
            this.idOfByte = idOfByte;
            this.unknown = unknown;
            this.fuses = fuses;
            this.tokens = tokens.size();
            this.parts = parts;
            int[] empty = new int[BLOCK];
            Arrays.fill(empty, NONE);
            Arrays.fill(idOfCharacter, empty);
            for (int id = 0; id < tokens.size(); id++) {
                String token = tokens.get(id);
                if (token != null && token.codePointCount(0, token.length()) == 1) {
                    put(token.codePointAt(0), id, empty);
                }
            }
            for (int i = 0; i < parts.length; i++) {
                put(parts[i], this.tokens + i, empty);
            }
        }

        private void put(int codePoint, int id, int[] empty) {
            int block = codePoint >> BLOCK_BITS;
            if (idOfCharacter[block] == empty) {
                idOfCharacter[block] = empty.clone();
            }
            idOfCharacter[block][codePoint & (BLOCK - 1)] = id;
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
                } else if (unknown != NONE && (!fuses || !afterUnknown)) {
                    symbols[count++] = unknown;
                }
                afterUnknown = id == NONE;
            }
            return count;
        }

        @Override
        public int tokens(int[] symbols, int count) {
            if (parts.length == 0 || Arrays.stream(symbols, 0, count).allMatch(symbol -> symbol < tokens)) {
                return count;
            }
            int[] before = Arrays.copyOf(symbols, count);
            int size = 0;
            for (int symbol : before) {
                if (symbol < tokens) {
                    // What is unknown to the alphabet and what is left over are one where they touch.
                    boolean again = symbol == unknown && fuses && size > 0 && symbols[size - 1] == unknown;
                    if (!again) {
                        symbols[size++] = symbol;
                    }
                } else if (idOfByte != null) {
                    byte[] bytes = Character.toString(parts[symbol - tokens]).getBytes(UTF_8);
                    for (byte b : bytes) {
                        symbols[size++] = idOfByte[b & 0xFF];
                    }
                } else if (unknown != NONE && !(fuses && size > 0 && symbols[size - 1] == unknown)) {
                    symbols[size++] = unknown;
                }
            }
            return size;
        }

        @Override
        public int unknownEnd(byte[] text, int at, int end) {
            int next = at;
            do {
                next += Utf8.length(text[next]);
            } while (fuses && next < end && isUnknown(text, next));
            return next;
        }

        @Override
        public int skip(byte[] text, int at, int end) {
            int next = at;
            while (unknown == NONE && idOfByte == null && next < end && isUnknown(text, next)) {
                next += Utf8.length(text[next]);
            }
            return next;
        }

        private boolean isUnknown(byte[] text, int at) {
            int id = id(text, at);
            return id == NONE || id >= tokens;
        }

        private int id(byte[] text, int at) {
            int codePoint = Utf8.codePoint(text, at);
            return idOfCharacter[codePoint >> BLOCK_BITS][codePoint & (BLOCK - 1)];
        }
    }
}
