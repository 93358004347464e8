package io.maru.control.domain;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A recipe on its way through the services.
 *
 * @param name {@code runs/{run}}
 * @param position grows with each new run; the order of lists
 * @param recipe YAML, as submitted
 * @param sources {@code uploads/{upload}} or keys below {@code inbox/}
 */
public record Run(
        String name,
        long position,
        String requestId,
        String recipe,
        List<String> sources,
        Instant createTime,
        RunStatus status) {

    public Run {
        sources = List.copyOf(sources);
    }

    /** The last part of its name, which is also that of everything it makes. */
    public String id() {
        return name.substring(name.indexOf('/') + 1);
    }

    public Optional<String> result(Result result) {
        return Optional.ofNullable(status.results().get(result));
    }

    /** A result that an earlier stage must have left. */
    public String need(Result result) {
        return result(result)
                .orElseThrow(() -> new IllegalStateException(
                        name + ": no " + result + " at " + status.stage() + " (expected: one of an earlier stage)"));
    }
}
