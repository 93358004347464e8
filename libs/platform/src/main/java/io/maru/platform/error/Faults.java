package io.maru.platform.error;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientException;

/** Tells faults that pass from those that stay. */
public final class Faults {
    private Faults() {}

    /** Whether the same call may go through later: a database, store or service that is down, a full disk, or a deadlock. */
    public static boolean isTransient(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Refusal refusal && refusal.reason().kind() == Kind.UNAVAILABLE) {
                return true;
            }
            if (cause instanceof StatusRuntimeException status
                    && (status.getStatus().getCode() == Status.Code.UNAVAILABLE
                            || status.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED)) {
                return true;
            }
            // Class 40: the transaction was rolled back for the sake of another.
            if (hasState(cause, "40")) {
                return true;
            }
        }
        return isDatabaseDown(failure) || isDiskFull(failure);
    }

    static boolean isDatabaseDown(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientException) {
                return true;
            }
            // PostgreSQL, appendix A: 08 is connection failure, 53 a server without disk, memory or connections to
            // spare, 57P0 one that shuts down.
            if (hasState(cause, "08") || hasState(cause, "53") || hasState(cause, "57P0")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a file could not be written for want of room. Java tells no other way than in these words of Linux. */
    public static boolean isDiskFull(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException
                    && cause.getMessage() != null
                    && (cause.getMessage().contains("No space left on device")
                            || cause.getMessage().contains("Disk quota exceeded"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasState(Throwable failure, String prefix) {
        return failure instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().startsWith(prefix);
    }
}
