package io.maru.formats;

/** The types of GGUF's metadata, by their number. */
enum GgufValueType {
    U8(1),
    I8(1),
    U16(2),
    I16(2),
    U32(4),
    I32(4),
    F32(4),
    BOOL(1),
    /** A length of 8 bytes, then UTF-8. */
    STRING(8),
    /** A type of 4 bytes, a count of 8, then the elements. */
    ARRAY(12),
    U64(8),
    I64(8),
    F64(8);

    private final int minBytes;

    GgufValueType(int minBytes) {
        this.minBytes = minBytes;
    }

    /** Bytes that the smallest value takes. */
    int minBytes() {
        return minBytes;
    }

    boolean isInteger() {
        return switch (this) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
            case F32, BOOL, STRING, ARRAY, F64 -> false;
        };
    }
}
