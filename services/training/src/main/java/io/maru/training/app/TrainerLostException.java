package io.maru.training.app;

/** A trainer in another process died, hangs, or cannot go on. What it held is gone; its last checkpoint is not. */
public final class TrainerLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TrainerLostException(String message) {
        super(message);
    }

    public TrainerLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
