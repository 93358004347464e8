package io.maru.formats;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Locale;

/**
 * Where a tensor lies in a safetensors file.
 *
 * @param shape sizes of the axes, outermost first; empty for a scalar
 * @param begin first byte, counted from the end of the file's header
 * @param end byte after the last; {@code end - begin} is the number of elements times their bytes
 */
@SuppressWarnings("ArrayRecordComponent") // Copied in and out, and compared by content.
public record TensorInfo(String name, DType dtype, long[] shape, long begin, long end) {
    /** Axes of the largest shape; what numpy allows. */
    static final int MAX_AXES = 64;
    /** One tensor is one Java buffer. */
    static final long MAX_BYTES = Integer.MAX_VALUE;

    public TensorInfo {
        requireNonNull(name, "name");
        requireNonNull(dtype, "dtype");
        shape = shape.clone();
        if (shape.length > MAX_AXES) {
            throw new IllegalArgumentException("shape: " + shape.length + " axes (expected: at most " + MAX_AXES + ")");
        }
        long bytes = bytes(dtype, shape);
        if (begin < 0 || end < begin || end - begin != bytes) {
            throw new IllegalArgumentException("data_offsets: [" + begin + ", " + end + "] (expected: " + bytes
                    + " bytes, as " + dtype + " " + Arrays.toString(shape) + " takes)");
        }
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** Product of the shape; 1 for a scalar. */
    public long elements() {
        return byteSize() / dtype.bytes();
    }

    public int byteSize() {
        return (int) (end - begin);
    }

    /** Bytes that a tensor of this type and shape takes. */
    static long bytes(DType dtype, long[] shape) {
        // An empty tensor takes no bytes however large its other axes are.
        long bytes = Arrays.stream(shape).anyMatch(size -> size == 0) ? 0 : dtype.bytes();
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("shape: " + Arrays.toString(shape) + " (expected: sizes >= 0)");
            }
            long high = Math.multiplyHigh(bytes, size);
            bytes *= size;
            if (high != 0 || bytes < 0 || bytes > MAX_BYTES) {
                throw new IllegalArgumentException("shape: " + dtype + " " + Arrays.toString(shape)
                        + " (expected: at most " + MAX_BYTES + " bytes)");
            }
        }
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorInfo that
                && name.equals(that.name)
                && dtype == that.dtype
                && Arrays.equals(shape, that.shape)
                && begin == that.begin
                && end == that.end;
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s: %s %s at %d..%d", name, dtype, Arrays.toString(shape), begin, end);
    }
}
