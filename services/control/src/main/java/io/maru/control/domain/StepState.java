package io.maru.control.domain;

/** Where a step stands. */
public enum StepState {
    /** It waits for the steps that make its inputs. */
    PENDING,
    RUNNING,
    /** Its work will not go on by itself. */
    PAUSED,
    /** Somebody asked it to stop, and its service has not said yet that it did. */
    CANCELLING,
    SUCCEEDED,
    FAILED,
    CANCELLED,
    /** It never began, since a step that makes one of its inputs did not succeed. */
    SKIPPED;

    /** Whether its service may be at work on it. */
    public boolean isActive() {
        return switch (this) {
            case RUNNING, PAUSED, CANCELLING -> true;
            case PENDING, SUCCEEDED, FAILED, CANCELLED, SKIPPED -> false;
        };
    }

    public boolean isFinal() {
        return switch (this) {
            case PENDING, RUNNING, PAUSED, CANCELLING -> false;
            case SUCCEEDED, FAILED, CANCELLED, SKIPPED -> true;
        };
    }
}
