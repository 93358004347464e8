package io.maru.platform.error;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Collectors;

/** A typed refusal whose message is meant for the caller: no internals, what was found, what was expected. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Reason reason;
    private final transient List<Violation> violations;

    public Refusal(Reason reason, String message) {
        this(reason, message, List.of(), null);
    }

    public Refusal(Reason reason, String message, Throwable cause) {
        this(reason, message, List.of(), cause);
    }

    /** The message has a line for each violation. */
    public Refusal(Reason reason, List<Violation> violations) {
        this(reason, violations.stream().map(Violation::toString).collect(Collectors.joining("\n")), violations, null);
    }

    Refusal(Reason reason, String message, List<Violation> violations, Throwable cause) {
        super(message, cause);
        this.reason = requireNonNull(reason, "reason");
        this.violations = List.copyOf(violations);
    }

    public Reason reason() {
        return reason;
    }

    /** What is wrong with the request, field by field; empty where the refusal is about something else. */
    public List<Violation> violations() {
        return violations;
    }
}
