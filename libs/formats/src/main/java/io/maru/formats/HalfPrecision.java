package io.maru.formats;

/**
 * Converts float32 from and to the two formats of 16 bits: IEEE 754 binary16 (F16), and bfloat16 (BF16), which is the upper
 * half of a float32. Widening loses nothing; narrowing rounds to the nearest, of two equally near to the even one.
 */
public final class HalfPrecision {
    private static final int F32_FRACTION_BITS = 23;
    private static final int F16_FRACTION_BITS = 10;
    private static final int DROPPED_BITS = F32_FRACTION_BITS - F16_FRACTION_BITS;
    private static final int F32_BIAS = 127;
    private static final int F16_BIAS = 15;
    private static final int F32_INFINITY = 0x7f800000;
    private static final int F16_INFINITY = 0x7c00;

    private HalfPrecision() {}

    /** 1 sign, 5 exponent and 10 fraction bits to 1, 8 and 23. */
    public static float ofF16(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >>> F16_FRACTION_BITS & 0x1f;
        int fraction = bits & 0x3ff;
        if (exponent == 0) {
            // Zero or subnormal: the fraction counts steps of 2^-24, and all of them are normal as binary32.
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int wideExponent = exponent == 0x1f ? 0xff : exponent - F16_BIAS + F32_BIAS;
        return Float.intBitsToFloat(sign | wideExponent << F32_FRACTION_BITS | fraction << DROPPED_BITS);
    }

    /** What is too large becomes infinite, what is too small a subnormal number or zero. */
    public static short toF16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > F32_INFINITY) {
            // The bit that is always set keeps a NaN one whose lower bits alone said so.
            return (short) (sign | F16_INFINITY | 0x200 | magnitude >>> DROPPED_BITS & 0x3ff);
        }
        int exponent = (magnitude >>> F32_FRACTION_BITS) - F32_BIAS + F16_BIAS;
        if (exponent >= 0x1f) {
            return (short) (sign | F16_INFINITY);
        }
        if (exponent > 0) {
            // A fraction that is rounded up to the next power carries into the exponent, which is as it should be.
            int rebiased = magnitude - (F32_BIAS - F16_BIAS << F32_FRACTION_BITS);
            return (short) (sign | rounded(rebiased, DROPPED_BITS));
        }
        if (exponent < -F16_FRACTION_BITS) {
            return (short) sign;
        }
        int fraction = magnitude & 0x7fffff | 0x800000;
        return (short) (sign | rounded(fraction, DROPPED_BITS + 1 - exponent));
    }

    public static float ofBf16(short bits) {
        return Float.intBitsToFloat(bits << Short.SIZE);
    }

    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fffffff) > F32_INFINITY) {
            return (short) (bits >>> Short.SIZE | 0x40);
        }
        return (short) rounded(bits, Short.SIZE);
    }

    private static int rounded(int bits, int dropped) {
        int half = 1 << dropped - 1;
        return bits + half - 1 + (bits >>> dropped & 1) >>> dropped;
    }
}
