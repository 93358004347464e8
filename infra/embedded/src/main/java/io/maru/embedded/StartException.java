package io.maru.embedded;

/** Something outside this program keeps a server from starting; the message is one line for a person. */
final class StartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StartException(String message) {
        super(message);
    }

    StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
