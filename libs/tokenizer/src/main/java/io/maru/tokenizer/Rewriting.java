package io.maru.tokenizer;

import java.util.Arrays;

/** A text while a {@link Normalizer} rewrites it, and where each of its {@code char}s comes from if that is asked for. */
final class Rewriting {
    private final StringBuilder out;
    /** Of each {@code char} the place where what it stands for starts, and where that ends; null if nobody asks. */
    private int[] starts;

    private int[] ends;

    Rewriting(int length, boolean traced) {
        out = new StringBuilder(length + 8);
        if (traced) {
            starts = new int[length + 8];
            ends = new int[length + 8];
        }
    }

    /** {@code text[start, end)} stays as it is. */
    void keep(String text, int start, int end) {
        if (starts != null) {
            reserve(end - start);
            for (int i = start; i < end; i++) {
                starts[out.length() + i - start] = i;
                ends[out.length() + i - start] = i + 1;
            }
        }
        out.append(text, start, end);
    }

    /** {@code replacement} takes the place of {@code [start, end)}, or is put before {@code start} if that is empty. */
    void put(String replacement, int start, int end) {
        if (starts != null) {
            reserve(replacement.length());
            Arrays.fill(starts, out.length(), out.length() + replacement.length(), start);
            Arrays.fill(ends, out.length(), out.length() + replacement.length(), end);
        }
        out.append(replacement);
    }

    /** Drops the end, so that {@code length} are left. */
    void cut(int length) {
        out.setLength(length);
    }

    boolean endsWith(String text) {
        return out.length() >= text.length() && out.indexOf(text, out.length() - text.length()) >= 0;
    }

    int length() {
        return out.length();
    }

    String text() {
        return out.toString();
    }

    int[] starts() {
        return starts;
    }

    int[] ends() {
        return ends;
    }

    private void reserve(int more) {
        if (out.length() + more > starts.length) {
            int size = Math.max(out.length() + more, 2 * starts.length);
            starts = Arrays.copyOf(starts, size);
            ends = Arrays.copyOf(ends, size);
        }
    }
}
