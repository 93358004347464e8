package io.maru.tokenizer;

/** Two tokens that stand side by side become one. A merge's rank is its place in the list: lower goes first. */
record Merge(int left, int right, int merged) {
    static long pair(int left, int right) {
        return ((long) left << Integer.SIZE) | right;
    }
}
