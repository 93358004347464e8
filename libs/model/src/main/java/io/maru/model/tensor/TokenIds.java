package io.maru.model.tensor;

/** What the graph does not check on every device: a GPU gives zeros for an id that no row of the table belongs to. */
public final class TokenIds {
    private TokenIds() {}

    public static void require(String name, int[] ids, int vocabularySize) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= vocabularySize) {
                throw new IllegalArgumentException(
                        name + "[" + i + "]: " + ids[i] + " (expected: 0.." + (vocabularySize - 1) + ")");
            }
        }
    }
}
