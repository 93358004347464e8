package io.maru.tokenizer;

import java.util.Locale;

/** Bytes that should be a text are no UTF-8. */
public final class Utf8Exception extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    Utf8Exception(int at, byte found) {
        super(String.format(Locale.ROOT, "text: byte 0x%02X at %d (expected: UTF-8)", found & 0xFF, at));
    }
}
