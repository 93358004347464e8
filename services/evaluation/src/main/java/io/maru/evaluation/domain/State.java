package io.maru.evaluation.domain;

/**
 * How far an evaluation is.
 *
 * <pre>
 *   PENDING -> RUNNING -> SUCCEEDED | FAILED
 *      |          |
 *      |          +-> CANCELLING -> CANCELLED
 *      +-> CANCELLED | FAILED
 * </pre>
 */
public enum State {
    PENDING,
    RUNNING,
    SUCCEEDED,
    FAILED,
    /** Its worker has not yet noticed. */
    CANCELLING,
    CANCELLED;

    /** Whether nothing will change any more. */
    public boolean isFinal() {
        return switch (this) {
            case PENDING, RUNNING, CANCELLING -> false;
            case SUCCEEDED, FAILED, CANCELLED -> true;
        };
    }
}
