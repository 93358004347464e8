package io.maru.model.configuration;

/**
 * A configuration or a file of weights that no family of decoders here has, or one of another shape. Reading it again will not help.
 *
 * <p>The message reads {@code activation_function: relu (expected: gelu_new)}.
 */
public final class UnsupportedModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message place, what was found and what was expected */
    public UnsupportedModelException(String message) {
        super(message);
    }

    public UnsupportedModelException(String place, Object found, Object expected) {
        super(place + ": " + found + " (expected: " + expected + ")");
    }

    public UnsupportedModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
