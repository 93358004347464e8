package io.maru.ingestion.domain;

/**
 * Which texts were there before: a set of 128-bit digests, 16 bytes a slot and at least half of the slots used once it has
 * grown. With {@code maxDigests} = 3,000,000 it never takes more than 64 MiB, and 32 MiB more for the moment of its last growth.
 *
 * <p>Open addressing with linear probing; a digest is uniform, so its bits are the hash. Two different texts have one
 * digest with a chance of n²/2^129 among n: below 10^-24 for ten million.
 */
public final class DigestSet {
    private static final int FIRST_SLOTS = 1 << 10;

    private final int maxDigests;
    private long[] slots = new long[2 * FIRST_SLOTS];
    private int size;
    /** Both halves zero mark an empty slot, so that digest is kept here. */
    private boolean hasZero;

    /** @param maxDigests how many digests it may hold */
    public DigestSet(int maxDigests) {
        this.maxDigests = maxDigests;
    }

    /**
     * False if it was there before.
     *
     * @param digest 32 hexadecimal digits
     * @throws io.maru.platform.error.Refusal TOO_MANY_DOCUMENTS where the set is full
     */
    public boolean add(String digest) {
        long high = Long.parseUnsignedLong(digest, 0, 16, 16);
        long low = Long.parseUnsignedLong(digest, 16, 32, 16);
        if (high == 0 && low == 0) {
            boolean first = !hasZero;
            hasZero = true;
            return first;
        }
        int slot = find(slots, high, low);
        if (slots[slot] == high && slots[slot + 1] == low) {
            return false;
        }
        if (size == maxDigests) {
            throw IngestionReason.TOO_MANY_DOCUMENTS.because(
                    "more than %d different documents (expected: at most that; maru.ingestion.max-documents sets it)",
                    maxDigests);
        }
        slots[slot] = high;
        slots[slot + 1] = low;
        size++;
        // Three quarters full.
        if (size > slots.length / 8 * 3) {
            grow();
        }
        return true;
    }

    public int size() {
        return hasZero ? size + 1 : size;
    }

    private void grow() {
        long[] larger = new long[Math.multiplyExact(slots.length, 2)];
        for (int slot = 0; slot < slots.length; slot += 2) {
            if (slots[slot] != 0 || slots[slot + 1] != 0) {
                int place = find(larger, slots[slot], slots[slot + 1]);
                larger[place] = slots[slot];
                larger[place + 1] = slots[slot + 1];
            }
        }
        slots = larger;
    }

    /** Where the digest is, or where it would go. */
    private static int find(long[] slots, long high, long low) {
        int mask = slots.length - 1;
        int slot = (int) (low << 1) & mask;
        while ((slots[slot] != 0 || slots[slot + 1] != 0) && (slots[slot] != high || slots[slot + 1] != low)) {
            slot = slot + 2 & mask;
        }
        return slot;
    }
}
