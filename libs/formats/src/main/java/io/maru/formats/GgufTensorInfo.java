package io.maru.formats;

import java.util.Arrays;

/**
 * Where a tensor lies in a GGUF file.
 *
 * @param shape sizes of the axes, outermost first, so {@code [192, 576]} is 192 rows of 576; the file itself has them the
 *     other way round
 * @param begin first byte, counted from the start of the file's data
 */
@SuppressWarnings("ArrayRecordComponent") // Copied in and out, and compared by content.
public record GgufTensorInfo(String name, GgufTensorType type, long[] shape, long begin) {
    /** What ggml allows. */
    static final int MAX_AXES = 4;

    static final int MAX_NAME_BYTES = 64;
    /** One tensor's elements are one Java buffer. */
    static final long MAX_ELEMENTS = Integer.MAX_VALUE;

    public GgufTensorInfo {
        shape = shape.clone();
        if (shape.length > MAX_AXES) {
            throw new IllegalArgumentException(shape.length + " axes (expected: at most " + MAX_AXES + ")");
        }
        long elements = 1;
        for (long size : shape) {
            if (size < 1 || size > MAX_ELEMENTS || (elements *= size) > MAX_ELEMENTS) {
                throw new IllegalArgumentException("the shape " + Arrays.toString(shape)
                        + " (expected: sizes of at least 1, and at most " + MAX_ELEMENTS + " elements)");
            }
        }
        if (rowElements(shape) % type.blockElements() != 0) {
            throw new IllegalArgumentException(type + " rows of " + rowElements(shape) + " (expected: a multiple of "
                    + type.blockElements() + ")");
        }
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** Product of the shape; 1 for a scalar. */
    public long elements() {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** Size of the innermost axis; 1 for a scalar. */
    public long rowElements() {
        return rowElements(shape);
    }

    public long byteSize() {
        return elements() / type.blockElements() * type.blockBytes();
    }

    long end() {
        return begin + byteSize();
    }

    private static long rowElements(long[] shape) {
        return shape.length == 0 ? 1 : shape[shape.length - 1];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GgufTensorInfo that
                && name.equals(that.name)
                && type == that.type
                && Arrays.equals(shape, that.shape)
                && begin == that.begin;
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name + ": " + type + " " + Arrays.toString(shape) + " at " + begin;
    }
}
