package io.maru.control.domain;

/** Where a run stands. */
public enum RunState {
    PENDING,
    RUNNING,
    /** Its training job is paused. */
    PAUSED,
    /** Somebody asked it to stop, and the present stage's service has not said yet that it did. */
    CANCELLING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    public boolean isFinal() {
        return switch (this) {
            case PENDING, RUNNING, PAUSED, CANCELLING -> false;
            case SUCCEEDED, FAILED, CANCELLED -> true;
        };
    }
}
