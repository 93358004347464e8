package io.maru.model.configuration;

import java.util.List;

/** How large the numbers of a configuration may be. Nothing is allocated for one that was not checked. */
final class ShapeLimits {
    private static final int MAX_VOCABULARY = 1 << 24;
    private static final int MAX_BLOCK = 1 << 20;
    private static final int MAX_LAYERS = 1024;
    static final int MAX_WIDTH = 1 << 16;

    private ShapeLimits() {}

    static void requireCommon(int vocabularySize, int block, int layers, int width) {
        requireRange("vocabularySize", vocabularySize, MAX_VOCABULARY);
        requireRange("block", block, MAX_BLOCK);
        requireRange("layers", layers, MAX_LAYERS);
        requireRange("width", width, MAX_WIDTH);
    }

    static void requireRange(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1.." + max + ")");
        }
    }

    static void requireFraction(String name, float value) {
        if (!(value > 0 && value < 1)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: between 0 and 1)");
        }
    }

    /** A tensor is one Java buffer, and one entry of a safetensors file. */
    static void requireBuffers(List<Parameter> parameters) {
        int max = Integer.MAX_VALUE / Float.BYTES;
        for (Parameter parameter : parameters) {
            if (parameter.elements() > max) {
                throw new IllegalArgumentException(
                        parameter.name() + ": " + parameter.elements() + " elements (expected: at most " + max + ")");
            }
        }
    }
}
