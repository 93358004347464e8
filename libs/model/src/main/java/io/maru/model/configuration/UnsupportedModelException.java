package io.maru.model.configuration;

/**
 * A configuration or a file of weights that no family of decoders here has, or one of another shape. Reading it again will not help.
 *
 * <p>The message reads {@code activation_function: relu (expected: gelu_new)}.
 */
public final class UnsupportedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_FOUND_LENGTH = 200;

    /** @param message place, what was found and what was expected */
    public UnsupportedModelException(String message) {
        super(message);
    }

    public UnsupportedModelException(String place, Object found, Object expected) {
        super(place + ": " + printable(found) + " (expected: " + expected + ")");
    }

    public UnsupportedModelException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The text comes from a file that may be hostile, and goes into logs: one line, of a length that can be read. */
    private static String printable(Object found) {
        String oneLine = String.valueOf(found).replaceAll("\\p{Cntrl}", "?");
        return oneLine.length() <= MAX_FOUND_LENGTH ? oneLine : oneLine.substring(0, MAX_FOUND_LENGTH) + "...";
    }
}
