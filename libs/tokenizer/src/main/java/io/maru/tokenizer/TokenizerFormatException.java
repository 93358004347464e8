package io.maru.tokenizer;

/** A tokenizer's file that is broken, or that asks for something that this library would not do exactly. */
public final class TokenizerFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_EXCERPT_LENGTH = 120;

    TokenizerFormatException(String place, String found, String expected) {
        this("tokenizer.json", place, found, expected);
    }

    TokenizerFormatException(String file, String place, String found, String expected) {
        super(file + ": " + excerpt(place) + ": " + excerpt(found) + " (expected: " + expected + ")");
    }

    TokenizerFormatException(String place, String found, String expected, Throwable cause) {
        this(place, found, expected);
        initCause(cause);
    }

    private static String excerpt(String found) {
        return found.length() <= MAX_EXCERPT_LENGTH ? found : found.substring(0, MAX_EXCERPT_LENGTH) + "...";
    }
}
