package io.maru.model;

import java.util.List;

/** How large the numbers of a configuration may be. Nothing is allocated for one that was not checked. */
final class ShapeLimits {
    private static final int LARGEST_VOCABULARY = 1 << 24;
    private static final int LARGEST_BLOCK = 1 << 20;
    private static final int MOST_LAYERS = 1024;
    static final int LARGEST_WIDTH = 1 << 16;

    private ShapeLimits() {}

    static void requireCommon(int vocabularySize, int block, int layers, int width) {
        requireRange("vocabularySize", vocabularySize, LARGEST_VOCABULARY);
        requireRange("block", block, LARGEST_BLOCK);
        requireRange("layers", layers, MOST_LAYERS);
        requireRange("width", width, LARGEST_WIDTH);
    }

    static void requireRange(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1.." + most + ")");
        }
    }

    static void requireFraction(String name, float value) {
        if (!(value > 0 && value < 1)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: between 0 and 1)");
        }
    }

    /** A tensor is one Java buffer, and one entry of a safetensors file. */
    static void requireBuffers(List<Parameter> parameters) {
        int most = Integer.MAX_VALUE / Float.BYTES;
        for (Parameter parameter : parameters) {
            if (parameter.elements() > most) {
                throw new IllegalArgumentException(
                        parameter.name() + ": " + parameter.elements() + " elements (expected: at most " + most + ")");
            }
        }
    }
}
