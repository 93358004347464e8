package io.maru.training.app;

import java.util.List;

/** A trainer in another process died, hangs, or cannot go on. What it held is gone; its last checkpoint is not. */
public final class TrainerLostException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final List<String> OUT_OF_MEMORY =
            List.of("exit code 137 ", "exit code 3 ", "OOM", "OutOfMemory", "ResourceExhausted");

    public TrainerLostException(String message) {
        super(message);
    }

    public TrainerLostException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Whether Linux killed it, its JVM gave up, or a device or the heap was full. */
    boolean ranOutOfMemory() {
        return OUT_OF_MEMORY.stream().anyMatch(getMessage()::contains);
    }
}
