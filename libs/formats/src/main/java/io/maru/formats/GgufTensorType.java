package io.maru.formats;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/*
 * A quantised tensor is made of blocks of 32 elements of one row:
 *
 *     Q4_0   f16 d          16 bytes of two q   x = d (q - 8)
 *     Q4_1   f16 d, f16 m   16 bytes of two q   x = d q + m
 *     Q8_0   f16 d          32 bytes of one q   x = d q
 *
 * The lower halves of the 16 bytes are elements 0 to 15, the upper ones 16 to 31.
 */

/** The element types of GGUF that Maru reads, under the names that ggml gives them. */
public enum GgufTensorType {
    F32(0, 1, Float.BYTES),
    F16(1, 1, Short.BYTES),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q8_0(8, 32, 34),
    BF16(30, 1, Short.BYTES);

    /** What ggml calls the others, for a refusal that names them. */
    private static final List<String> NAMES = List.of(
            "F32",
            "F16",
            "Q4_0",
            "Q4_1",
            "Q4_2",
            "Q4_3",
            "Q5_0",
            "Q5_1",
            "Q8_0",
            "Q8_1",
            "Q2_K",
            "Q3_K",
            "Q4_K",
            "Q5_K",
            "Q6_K",
            "Q8_K",
            "IQ2_XXS",
            "IQ2_XS",
            "IQ3_XXS",
            "IQ1_S",
            "IQ4_NL",
            "IQ3_S",
            "IQ2_S",
            "IQ4_XS",
            "I8",
            "I16",
            "I32",
            "I64",
            "F64",
            "IQ1_M",
            "BF16",
            "Q4_0_4_4",
            "Q4_0_4_8",
            "Q4_0_8_8",
            "TQ1_0",
            "TQ2_0",
            "IQ4_NL_4_4",
            "IQ4_NL_4_8",
            "IQ4_NL_8_8",
            "MXFP4");

    private static final int BLOCK = 32;

    private final int code;
    private final int blockElements;
    private final int blockBytes;

    GgufTensorType(int code, int blockElements, int blockBytes) {
        this.code = code;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    static Optional<GgufTensorType> of(int code) {
        return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }

    /** How ggml calls the type of this number, whether it is one of these or not. */
    static String describe(int code) {
        return code >= 0 && code < NAMES.size() ? NAMES.get(code) : "the number " + Integer.toUnsignedString(code);
    }

    int code() {
        return code;
    }

    /** Elements that are stored together: a row is a multiple of them. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of one block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Turns all blocks of {@code from}, which is little-endian, into their elements. */
    void decode(ByteBuffer from, FloatBuffer into) {
        switch (this) {
            case F32 -> {
                into.put(from.asFloatBuffer());
                from.position(from.limit());
            }
            case F16 -> {
                while (from.hasRemaining()) {
                    into.put(HalfPrecision.ofF16(from.getShort()));
                }
            }
            case BF16 -> {
                while (from.hasRemaining()) {
                    into.put(HalfPrecision.ofBf16(from.getShort()));
                }
            }
            case Q4_0 -> {
                while (from.hasRemaining()) {
                    float d = HalfPrecision.ofF16(from.getShort());
                    decodeHalves(from, into, d, -8, 0);
                }
            }
            case Q4_1 -> {
                while (from.hasRemaining()) {
                    float d = HalfPrecision.ofF16(from.getShort());
                    float m = HalfPrecision.ofF16(from.getShort());
                    decodeHalves(from, into, d, 0, m);
                }
            }
            case Q8_0 -> {
                while (from.hasRemaining()) {
                    float d = HalfPrecision.ofF16(from.getShort());
                    for (int i = 0; i < BLOCK; i++) {
                        into.put(d * from.get());
                    }
                }
            }
        }
    }

    /** Turns the next {@code count} values, which are whole blocks, into bytes of F32, F16, BF16 or Q8_0. */
    void encode(FloatBuffer from, int count, ByteBuffer into) {
        switch (this) {
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    into.putFloat(from.get());
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    into.putShort(HalfPrecision.toF16(from.get()));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    into.putShort(HalfPrecision.toBf16(from.get()));
                }
            }
            case Q8_0 -> {
                for (int block = 0; block < count; block += BLOCK) {
                    encodeQ8(from, into);
                }
            }
            case Q4_0, Q4_1 -> throw new IllegalArgumentException(this + " (expected: F32, F16, BF16 or Q8_0)");
        }
    }

    /** As ggml does: the largest magnitude becomes 127, and halves are rounded away from zero. */
    private static void encodeQ8(FloatBuffer from, ByteBuffer into) {
        int start = from.position();
        float max = 0;
        for (int i = 0; i < BLOCK; i++) {
            max = Math.max(max, Math.abs(from.get(start + i)));
        }
        float d = max / 127;
        float inverse = d == 0 ? 0 : 1 / d;
        into.putShort(HalfPrecision.toF16(d));
        for (int i = 0; i < BLOCK; i++) {
            float scaled = from.get() * inverse;
            into.put((byte) (scaled < 0 ? -(int) (0.5f - scaled) : (int) (scaled + 0.5f)));
        }
    }

    private static void decodeHalves(ByteBuffer from, FloatBuffer into, float d, int shift, float m) {
        int start = from.position();
        for (int i = 0; i < BLOCK / 2; i++) {
            into.put(d * ((from.get(start + i) & 0xf) + shift) + m);
        }
        for (int i = 0; i < BLOCK / 2; i++) {
            into.put(d * ((from.get(start + i) >>> 4 & 0xf) + shift) + m);
        }
        from.position(start + BLOCK / 2);
    }
}
