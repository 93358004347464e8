package io.maru.control.domain;

/** Where a run stands. It follows from where its steps stand, and from whether it was asked to stop. */
public enum RunState {
    /** No step has begun. */
    PENDING,
    RUNNING,
    /** Every step that has begun and not ended is paused. */
    PAUSED,
    /** Somebody asked it to stop, and a service has not said yet that its step did. */
    CANCELLING,
    /** Every step has. */
    SUCCEEDED,
    /** A step has, and whatever did not wait for it has ended. */
    FAILED,
    CANCELLED;

    public boolean isFinal() {
        return switch (this) {
            case PENDING, RUNNING, PAUSED, CANCELLING -> false;
            case SUCCEEDED, FAILED, CANCELLED -> true;
        };
    }
}
