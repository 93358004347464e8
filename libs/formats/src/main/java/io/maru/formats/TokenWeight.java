package io.maru.formats;

/** A weight says how much is learnt from a token as a target. In a file it is a byte: b stands for b/255. */
final class TokenWeight {
    /** A token of this weight is learnt from like any other. */
    static final byte ONE = (byte) 255;

    private static final int STEPS = 255;
    private static final float[] VALUES = new float[STEPS + 1];

    static {
        for (int step = 0; step <= STEPS; step++) {
            VALUES[step] = step / (float) STEPS;
        }
    }

    private TokenWeight() {}

    static byte toByte(float weight) {
        // Written so that it refuses NaN.
        if (!(weight >= 0 && weight <= 1)) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: 0..1)");
        }
        return (byte) Math.round(weight * STEPS);
    }

    static float toFloat(byte step) {
        return VALUES[Byte.toUnsignedInt(step)];
    }
}
