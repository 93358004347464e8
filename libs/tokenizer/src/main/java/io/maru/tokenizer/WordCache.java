package io.maru.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/*
 * The tokens of words seen lately, so that a frequent word costs one look at memory.
 *
 *     slot:  | bytes 0-7 | length, count, bytes 8-14 | tokens 0, 1 | tokens 2, 3 |      32 bytes, two of them a cache line
 *
 * A word of up to 15 bytes is its own key, and up to four tokens lie beside it. Longer words have their hash as key, and
 * more tokens lie in a list elsewhere, where a long word's bytes are too. A word may lie in either slot of its line: a
 * newcomer takes the first, and who was there goes to the second.
 */

/** For one thread. */
final class WordCache {
    /** Bytes that must lie behind the end of any text that words are looked up in. */
    static final int PADDING = 16;

    private static final int MAX_SLOTS = 1 << 18;
    private static final int MAX_LISTED = 1 << 21;
    private static final int MAX_KEY_LENGTH = 15;
    private static final int MAX_WORD_LENGTH = 128; // bytes; longer ones are not seen again

    private static final int SLOT = 4;
    /** {@link #find} writes so many ids even if a word has fewer. */
    static final int MAX_INLINE = 4;

    private static final int COUNT_SHIFT = 56;
    private static final long COUNT = 0xFL << COUNT_SHIFT;
    private static final int LISTED = 0xF;
    private static final int LENGTH_SHIFT = 60;
    private static final long LONG_WORD = 1L << (COUNT_SHIFT - 1);

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long[] FIRST_BYTES = new long[MAX_KEY_LENGTH + 1];
    private static final long[] LATER_BYTES = new long[MAX_KEY_LENGTH + 1];

    static {
        for (int length = 0; length <= MAX_KEY_LENGTH; length++) {
            FIRST_BYTES[length] = length >= Long.BYTES ? -1 : (1L << length * Byte.SIZE) - 1;
            LATER_BYTES[length] = length <= Long.BYTES ? 0 : (1L << (length - Long.BYTES) * Byte.SIZE) - 1;
        }
    }

    private long[] slots = new long[SLOT << 8];
    private int shift = Long.SIZE - 8;
    private int added;
    /** Tokens of words that have many, and before them a long word's bytes, one an element. */
    private int[] listed = new int[1 << 8];

    private int listedSize;

    private long firstKey;
    private long secondKey;

    /**
     * Writes the tokens of {@code text[start, end)} to {@code ids} from {@code size} on, where there is room for one a
     * byte and four more, and returns their number; or -1 if they are not known.
     */
    int find(byte[] text, int start, int end, int[] ids, int size) {
        int length = end - start;
        if (length > MAX_KEY_LENGTH) {
            return findLong(text, start, end, ids, size);
        }
        long first = (long) LONGS.get(text, start) & FIRST_BYTES[length];
        long second = (long) LONGS.get(text, start + Long.BYTES) & LATER_BYTES[length] | (long) length << LENGTH_SHIFT;
        firstKey = first;
        secondKey = second;
        int slot = line(first, second);
        long[] table = slots;
        if (table[slot] != first || ((table[slot + 1] ^ second) & ~COUNT) != 0) {
            slot += SLOT;
            if (table[slot] != first || ((table[slot + 1] ^ second) & ~COUNT) != 0) {
                return -1;
            }
        }
        int count = (int) (table[slot + 1] >>> COUNT_SHIFT) & LISTED;
        if (count == LISTED) {
            return copyListed(table[slot + 2], 0, ids, size);
        }
        long pair = table[slot + 2];
        ids[size] = (int) pair;
        ids[size + 1] = (int) (pair >>> Integer.SIZE);
        pair = table[slot + 3];
        ids[size + 2] = (int) pair;
        ids[size + 3] = (int) (pair >>> Integer.SIZE);
        return count;
    }

    private int findLong(byte[] text, int start, int end, int[] ids, int size) {
        int length = end - start;
        if (length > MAX_WORD_LENGTH) {
            return -1;
        }
        long hash = length;
        int at = start;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            hash = (hash ^ (long) LONGS.get(text, at)) * 0xD6E8FEB86659FD93L;
            hash ^= hash >>> 32;
        }
        firstKey = (hash ^ (long) LONGS.get(text, at) & FIRST_BYTES[end - at]) * 0xD6E8FEB86659FD93L;
        secondKey = LONG_WORD | length;
        int slot = line(firstKey, secondKey);
        for (int way = 0; way < 2; way++, slot += SLOT) {
            if (slots[slot] == firstKey && ((slots[slot + 1] ^ secondKey) & ~COUNT) == 0) {
                int from = (int) slots[slot + 2];
                int same = 0;
                while (same < length && listed[from + same] == text[start + same]) {
                    same++;
                }
                if (same == length) {
                    return copyListed(slots[slot + 2], length, ids, size);
                }
            }
        }
        return -1;
    }

    private int copyListed(long where, int skipped, int[] ids, int size) {
        int count = (int) (where >>> Integer.SIZE);
        System.arraycopy(listed, (int) where + skipped, ids, size, count);
        return count;
    }

    /** Remembers the word that {@link #find} has just not found. */
    void add(byte[] text, int start, int end, int[] ids, int size, int count) {
        int length = end - start;
        if (length > MAX_WORD_LENGTH) {
            return;
        }
        if (++added > slots.length / SLOT && slots.length < MAX_SLOTS * SLOT) {
            grow();
        }
        boolean isLong = length > MAX_KEY_LENGTH;
        long pair;
        long secondPair = 0;
        int marked = count;
        if (isLong || count > MAX_INLINE) {
            int needed = count + (isLong ? length : 0);
            if (listedSize + needed > listed.length && !growListed(needed)) {
                return;
            }
            pair = (long) count << Integer.SIZE | listedSize;
            for (int i = 0; isLong && i < length; i++) {
                listed[listedSize++] = text[start + i];
            }
            System.arraycopy(ids, size, listed, listedSize, count);
            listedSize += count;
            marked = LISTED;
        } else {
            pair = inline(ids, size, 0, count) | inline(ids, size, 1, count) << Integer.SIZE;
            secondPair = inline(ids, size, 2, count) | inline(ids, size, 3, count) << Integer.SIZE;
        }
        insert(slots, firstKey, secondKey | (long) marked << COUNT_SHIFT, pair, secondPair);
    }

    private static long inline(int[] ids, int size, int i, int count) {
        return i < count ? ids[size + i] : 0;
    }

    private void insert(long[] table, long first, long second, long pair, long secondPair) {
        int slot = line(first, second & ~COUNT);
        System.arraycopy(table, slot, table, slot + SLOT, SLOT);
        table[slot] = first;
        table[slot + 1] = second;
        table[slot + 2] = pair;
        table[slot + 3] = secondPair;
    }

    /** The first slot of the line where a word may lie. */
    private int line(long first, long second) {
        long hash = (first ^ Long.rotateLeft(second * 0xC2B2AE3D27D4EB4FL, 23)) * 0x9E3779B97F4A7C15L;
        return ((int) (hash >>> shift) & -2) * SLOT;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        shift--;
        for (int slot = 0; slot < old.length; slot += SLOT) {
            if (old[slot + 1] != 0) {
                insert(slots, old[slot], old[slot + 1], old[slot + 2], old[slot + 3]);
            }
        }
    }

    /** Makes room, by forgetting everything if there is no other way; false if the word cannot be remembered now. */
    private boolean growListed(int needed) {
        if (listed.length < MAX_LISTED) {
            listed = Arrays.copyOf(listed, Math.max(2 * listed.length, listedSize + needed));
            return true;
        }
        Arrays.fill(slots, 0);
        listedSize = 0;
        return false;
    }
}
