package io.maru.platform.error;

import static java.util.Objects.requireNonNull;

/** A typed refusal whose message is meant for the caller: no internals, what was found, what was expected. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Reason reason;

    public Refusal(Reason reason, String message) {
        super(message);
        this.reason = requireNonNull(reason, "reason");
    }

    public Refusal(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = requireNonNull(reason, "reason");
    }

    public Reason reason() {
        return reason;
    }
}
